import { useTranslation } from 'react-i18next'
import { connectionQuery } from '../api/connections.ts'
import { startRun } from '../api/runs.ts'
import { copyTransfer, deleteTransfer, type Transfer } from '../api/transfers.ts'
import { useQueryClient } from '@tanstack/react-query'
import { useGroup, useWhyNot } from '../frame/use-group.ts'
import type { BulkAction } from '../ui/bulk-dialog.tsx'
import { useDestination } from './copy-transfer.tsx'

/** What can be done with many transfers at once. */
export function useTransferActions(): BulkAction<Transfer>[] {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const { data, role } = useGroup()
  const whyNot = useWhyNot()
  const { group, queue, fields } = useDestination(data.id)
  const copy = async (transfer: Transfer) => {
    if (queue === undefined) throw new Error(t('copy.noQueue'))
    const [source, target] = await Promise.all(
      [transfer.source_connection_id, transfer.target_connection_id].map((id) =>
        queries.ensureQueryData(connectionQuery(id)),
      ),
    )
    const name = (group === transfer.group_id ? t('copy.of', { name: transfer.name }) : transfer.name).slice(
      0,
      128,
    )
    // Two transfers of one connection would give their copies one name; each copy is named after its transfer.
    const named = (connection: string) => `${connection} – ${name}`.slice(0, 128)
    const made = await copyTransfer(transfer.id, {
      new_group_id: group,
      new_queue_id: queue,
      new_name: name,
      new_source_connection_name: named(source?.name ?? ''),
      new_target_connection_name: named(target?.name ?? ''),
      remove_source: false,
    })
    return t('copy.done', { name: made.name })
  }
  return [
    {
      id: 'run',
      label: t('transfer.run'),
      icon: 'run',
      whyNot: whyNot(role, 'Developer'),
      words: t('transfer.bulkRun'),
      act: async ({ id }) => t('transfer.started', { id: (await startRun(id)).id }),
    },
    {
      id: 'copy',
      label: t('copy.action'),
      icon: 'copy',
      words: (
        <>
          <p>{t('copy.bulkTransfers')}</p>
          <p>{t('copy.sameName')}</p>
        </>
      ),
      fields,
      ready: queue !== undefined,
      act: copy,
    },
    {
      id: 'delete',
      label: t('common.delete'),
      icon: 'trash',
      danger: true,
      whyNot: whyNot(role, 'Maintainer'),
      words: t('transfer.bulkDelete'),
      act: async ({ id }) => {
        await deleteTransfer(id)
        return undefined
      },
    },
  ]
}
