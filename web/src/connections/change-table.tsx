import { useTranslation } from 'react-i18next'
import type { ChangeKind } from '../api/syncs.ts'
import { ListTable } from '../ui/list-table.tsx'
import { Badge } from '../ui/state-badge.tsx'
import { ChangeMark } from './change-mark.tsx'

interface Change {
  kind: ChangeKind
  item: string
  note?: string
  breaking?: boolean
}

/** What came, changed and went, and what of it breaks readers. */
export function ChangeTable({ label, changes }: { label: string; changes: Change[] }) {
  const { t } = useTranslation()
  return (
    <ListTable
      label={label}
      rows={changes.map((change, index) => ({ ...change, index }))}
      rowKey={({ index }) => index}
      columns={[
        { id: 'kind', header: t('sync.what'), cell: ({ kind }) => <ChangeMark kind={kind} /> },
        { id: 'item', header: t('sync.item'), cell: ({ item }) => <span className="mono">{item}</span> },
        { id: 'note', header: t('sync.note'), wide: true, cell: ({ note }) => note ?? '' },
        {
          id: 'breaking',
          header: t('catalog.forReaders'),
          cell: ({ breaking }) =>
            breaking === true ? (
              <Badge tone="failure" icon="warning">
                {t('catalog.change.breaking')}
              </Badge>
            ) : (
              ''
            ),
        },
      ]}
    />
  )
}
