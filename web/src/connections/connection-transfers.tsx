import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Connection } from '../api/connections.ts'
import { type Transfer, transferPageQuery } from '../api/transfers.ts'
import { endText } from '../transfers/end-text.ts'
import { LinkButton } from '../ui/link-button.tsx'
import { ListTable } from '../ui/list-table.tsx'
import { Empty, Failure, Loading } from '../ui/page-state.tsx'
import { Section } from '../ui/section.tsx'

interface Use {
  transfer: Transfer
  as: 'source' | 'target'
}

/** The transfers that read from or write to a connection. */
export function ConnectionTransfers({ connection }: { connection: Connection }) {
  const { t } = useTranslation()
  const base = { group_id: connection.group_id, page: 1, page_size: 50 }
  const reading = useQuery(transferPageQuery({ ...base, source_connection_id: connection.id }))
  const writing = useQuery(transferPageQuery({ ...base, target_connection_id: connection.id }))
  const failed = [reading, writing].find((query) => query.isError)
  const uses: Use[] = [
    ...(reading.data?.items ?? []).map((transfer): Use => ({ transfer, as: 'source' })),
    ...(writing.data?.items ?? []).map((transfer): Use => ({ transfer, as: 'target' })),
  ]
  return (
    <Section title={t('connection.uses')} flush>
      {failed !== undefined ? (
        <Failure error={failed.error} onRetry={() => void failed.refetch()} />
      ) : reading.isPending || writing.isPending ? (
        <Loading lines={3} />
      ) : uses.length === 0 ? (
        <Empty
          icon="transfer"
          title={t('connection.noUses')}
          action={
            <LinkButton to="/transfers/new" search={{ source: connection.id }} icon="plus">
              {t('transfer.new')}
            </LinkButton>
          }
        />
      ) : (
        <ListTable
          label={t('connection.uses')}
          rows={uses}
          rowKey={({ transfer, as }) => `${transfer.id}-${as}`}
          columns={[
            {
              id: 'name',
              header: t('common.name'),
              wide: true,
              cell: ({ transfer }) => (
                <Link to="/transfers/$transferId" params={{ transferId: transfer.id }}>
                  {transfer.name}
                </Link>
              ),
            },
            { id: 'as', header: t('connection.usedAs'), cell: ({ as }) => t(`transfer.${as}`) },
            {
              id: 'what',
              header: t('connection.usedFor'),
              cell: ({ transfer, as }) => (
                <span className="mono">
                  {endText(as === 'source' ? transfer.source_params : transfer.target_params)}
                </span>
              ),
            },
          ]}
        />
      )}
    </Section>
  )
}
