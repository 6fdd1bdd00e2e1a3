import { MultiSelect, Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { allConnectionsQuery, providersQuery } from '../api/connections.ts'
import { allQueuesQuery } from '../api/queues.ts'
import { useProviderTitle } from '../connections/use-provider-title.ts'
import type { TransferSearch } from '../frame/list-search.ts'
import { SearchBox } from '../ui/search-box.tsx'

interface TransferFiltersProps {
  groupId: number
  search: TransferSearch
  onChange: (next: Partial<TransferSearch>) => void
}

/** By what the list of transfers is narrowed; the address keeps it. */
export function TransferFilters({ groupId, search, onChange }: TransferFiltersProps) {
  const { t } = useTranslation()
  const title = useProviderTitle()
  const queues = useQuery(allQueuesQuery(groupId)).data ?? []
  const connections = useQuery(allConnectionsQuery(groupId)).data ?? []
  const providers = useQuery(providersQuery).data ?? []
  const { q = '', queue, scheduled, from = [], to = [], connection, into } = search
  const types = providers
    .filter(({ connector_type: kind }) => kind === 'database' || kind === 'file')
    .map(({ provider }) => ({ value: provider, label: title(provider) }))
  const named = (things: { id: number; name: string }[]) =>
    things.map(({ id, name }) => ({ value: String(id), label: name }))
  const clearable = { clearable: true, clearButtonProps: { 'aria-label': t('list.clearFilter') } }
  /** One of many things by its id. */
  const one = (field: 'queue' | 'connection' | 'into', value: number | undefined) => ({
    ...clearable,
    searchable: true,
    nothingFoundMessage: t('list.nothingFound'),
    value: value === undefined ? null : String(value),
    onChange: (next: string | null) => onChange({ [field]: next === null ? undefined : Number(next) }),
  })
  const several = (field: 'from' | 'to', value: string[], placeholder: string) => ({
    ...clearable,
    data: types,
    value,
    placeholder: value.length === 0 ? placeholder : '',
    onChange: (next: string[]) => onChange({ [field]: next.length > 0 ? next : undefined }),
  })
  return (
    <>
      <SearchBox
        label={t('transfer.search')}
        value={q}
        onChange={(next) => onChange({ q: next || undefined })}
      />
      <Select
        aria-label={t('transfer.queue')}
        placeholder={t('transfer.anyQueue')}
        data={named(queues)}
        {...one('queue', queue)}
      />
      <Select
        {...clearable}
        aria-label={t('transfer.schedule')}
        placeholder={t('transfer.anySchedule')}
        data={[
          { value: 'true', label: t('transfer.scheduled') },
          { value: 'false', label: t('transfer.byHand') },
        ]}
        value={scheduled === undefined ? null : String(scheduled)}
        onChange={(value) => onChange({ scheduled: value === null ? undefined : value === 'true' })}
      />
      <Select
        aria-label={t('transfer.sourceConnection')}
        placeholder={t('transfer.anySourceConnection')}
        data={named(connections)}
        {...one('connection', connection)}
      />
      <Select
        aria-label={t('transfer.targetConnection')}
        placeholder={t('transfer.anyTargetConnection')}
        data={named(connections)}
        {...one('into', into)}
      />
      <MultiSelect
        aria-label={t('transfer.sourceType')}
        {...several('from', from, t('transfer.anySource'))}
      />
      <MultiSelect aria-label={t('transfer.targetType')} {...several('to', to, t('transfer.anyTarget'))} />
    </>
  )
}
