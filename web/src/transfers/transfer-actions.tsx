import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { startRun } from '../api/runs.ts'
import { deleteTransfer, type Transfer } from '../api/transfers.ts'
import { useGroup, useWhyNot } from '../frame/use-group.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { ConfirmDialog } from '../ui/confirm-dialog.tsx'
import { DataView } from '../ui/data-view.tsx'
import { LinkButton } from '../ui/link-button.tsx'
import { Failure } from '../ui/page-state.tsx'
import { say } from '../ui/toast.ts'
import { CopyTransfer } from './copy-transfer.tsx'

/** What can be done with a transfer: run it now, change it, delete it. */
export function TransferActions({ transfer }: { transfer: Transfer }) {
  const { t } = useTranslation()
  const { role } = useGroup()
  const whyNot = useWhyNot()
  const write = whyNot(role, 'Developer')
  const navigate = useNavigate()
  const queries = useQueryClient()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const [removing, setRemoving] = useState(false)
  const [copying, setCopying] = useState(false)
  const run = async () => {
    setBusy(true)
    setError(null)
    try {
      const started = await startRun(transfer.id)
      await queries.invalidateQueries({ queryKey: ['runs', 'page'] })
      await navigate({ to: '/runs/$runId', params: { runId: started.id } })
    } catch (caught) {
      setError(caught)
    } finally {
      setBusy(false)
    }
  }
  const remove = async () => {
    await deleteTransfer(transfer.id)
    await navigate({ to: '/transfers', search: {} })
    queries.removeQueries({ queryKey: ['transfers', 'one', transfer.id] })
    await queries.invalidateQueries({ queryKey: ['transfers'] })
    say(t('transfer.removed', { name: transfer.name }))
  }
  return (
    <>
      <ActionButton variant="filled" icon="run" loading={busy} whyNot={write} onClick={() => void run()}>
        {t('transfer.run')}
      </ActionButton>
      <LinkButton
        to="/transfers/$transferId/edit"
        params={{ transferId: transfer.id }}
        icon="edit"
        whyNot={write}
      >
        {t('common.change')}
      </LinkButton>
      <ActionButton icon="copy" onClick={() => setCopying(true)}>
        {t('copy.action')}
      </ActionButton>
      <DataView
        name={transfer.name}
        path={`/v1/transfers/${transfer.id}`}
        value={transfer}
        cli={`crosstie transfer show ${transfer.id}\ncrosstie transfer run ${transfer.id} --wait`}
      />
      <ActionButton icon="trash" whyNot={whyNot(role, 'Maintainer')} onClick={() => setRemoving(true)}>
        {t('common.delete')}
      </ActionButton>
      {error !== null && (
        <div style={{ flexBasis: '100%' }}>
          <Failure error={error} />
        </div>
      )}
      {copying && <CopyTransfer transfer={transfer} onClose={() => setCopying(false)} />}
      {removing && (
        <ConfirmDialog
          title={t('transfer.removeTitle', { name: transfer.name })}
          action={t('transfer.removeAction')}
          onConfirm={remove}
          onClose={() => setRemoving(false)}
        >
          {t('transfer.removeWords')}
        </ConfirmDialog>
      )}
    </>
  )
}
