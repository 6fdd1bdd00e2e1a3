import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { isOver, retryRun, type Run, runQuery, stopRun } from '../api/runs.ts'
import { useGroup, useWhyNot } from '../frame/use-group.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { ConfirmDialog } from '../ui/confirm-dialog.tsx'
import { Failure } from '../ui/page-state.tsx'

/** Stop what moves, do again what is over. */
export function RunActions({ run }: { run: Run }) {
  const { t } = useTranslation()
  const { role } = useGroup()
  const denied = useWhyNot()(role, 'Developer')
  const navigate = useNavigate()
  const queries = useQueryClient()
  const [asking, setAsking] = useState(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const over = isOver(run.status)
  const stop = async () => {
    queries.setQueryData(runQuery(run.id).queryKey, await stopRun(run.id))
  }
  const retry = async () => {
    setBusy(true)
    setError(null)
    try {
      const next = await retryRun(run.id)
      await navigate({ to: '/runs/$runId', params: { runId: next.id } })
    } catch (caught) {
      setError(caught)
    } finally {
      setBusy(false)
    }
  }
  const whyNotStop =
    denied ?? (over ? t('run.isOver') : run.status === 'SEND_STOP_SIGNAL' ? t('run.stopping') : undefined)
  return (
    <>
      <ActionButton icon="stop" whyNot={whyNotStop} onClick={() => setAsking(true)}>
        {t('run.stop')}
      </ActionButton>
      <ActionButton
        icon="retry"
        loading={busy}
        whyNot={denied ?? (over ? undefined : t('run.notOver'))}
        onClick={() => void retry()}
      >
        {run.status === 'FINISHED' ? t('run.again') : t('run.retry')}
      </ActionButton>
      {error !== null && <Failure error={error} />}
      {asking && (
        <ConfirmDialog
          title={t('run.stopTitle', { id: run.id })}
          action={t('run.stopAction')}
          onConfirm={stop}
          onClose={() => setAsking(false)}
        >
          {t('run.stopWords')}
        </ConfirmDialog>
      )}
    </>
  )
}
