import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Connection, copyConnection, deleteConnection } from '../api/connections.ts'
import { useGroup, useWhyNot } from '../frame/use-group.ts'
import { GroupSelect } from '../groups/group-select.tsx'
import type { BulkAction } from '../ui/bulk-dialog.tsx'

/** What can be done with many connections at once. */
export function useConnectionActions(): BulkAction<Connection>[] {
  const { t } = useTranslation()
  const { data, role } = useGroup()
  const whyNot = useWhyNot()
  const [group, setGroup] = useState(data.id)
  return [
    {
      id: 'copy',
      label: t('copy.action'),
      icon: 'copy',
      words: (
        <>
          <p>{t('copy.secrets')}</p>
          <p>{t('copy.sameName')}</p>
        </>
      ),
      fields: <GroupSelect label={t('copy.group')} needed="Developer" value={group} onChange={setGroup} />,
      act: async ({ id, name, group_id }) => {
        const new_name = (group === group_id ? t('copy.of', { name }) : name).slice(0, 128)
        const made = await copyConnection(id, { new_group_id: group, new_name, remove_source: false })
        return t('copy.done', { name: made.name })
      },
    },
    {
      id: 'delete',
      label: t('common.delete'),
      icon: 'trash',
      danger: true,
      whyNot: whyNot(role, 'Maintainer'),
      words: t('connection.bulkDelete'),
      act: async ({ id }) => {
        await deleteConnection(id)
        return undefined
      },
    },
  ]
}
