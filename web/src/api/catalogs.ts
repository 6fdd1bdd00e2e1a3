import { queryOptions } from '@tanstack/react-query'
import { request } from './client.ts'
import type { Column } from './connections.ts'
import type { Page } from './page.ts'
import type { ChangeKind } from './syncs.ts'

export interface CatalogVersion {
  version: number
  sync_id: number | null
  change: 'first' | 'non_breaking' | 'breaking'
  tables: number
  created_at: string
}

export interface CatalogTable {
  name: string
  kind: 'table' | 'view'
  columns: Column[]
  rows?: number
}

export interface CatalogChange {
  kind: ChangeKind
  item: string
  note?: string
  breaking?: boolean
}

export interface Catalog extends CatalogVersion {
  catalog: CatalogTable[]
  diff: CatalogChange[]
}

export interface StoredFile {
  path: string
  size_bytes: number
  modified_at: string | null
}

/** All begin with `syncs` and the connection: whatever a sync brings makes them old. */
export const catalogPageQuery = (connectionId: number, page: number) =>
  queryOptions({
    queryKey: ['syncs', connectionId, 'catalogs', page],
    queryFn: ({ signal }) =>
      request<Page<CatalogVersion>>('GET', `/v1/connections/${connectionId}/catalogs`, {
        query: { page, page_size: 10 },
        signal,
      }),
    placeholderData: (previous) => previous,
  })

export const catalogQuery = (connectionId: number, version: number) =>
  queryOptions({
    queryKey: ['syncs', connectionId, 'catalog', version],
    queryFn: ({ signal }) =>
      request<Catalog>('GET', `/v1/connections/${connectionId}/catalogs/${version}`, { signal }),
    placeholderData: (previous) => previous,
  })

export const filePageQuery = (connectionId: number, search: string, page: number) =>
  queryOptions({
    queryKey: ['syncs', connectionId, 'files', search, page],
    queryFn: ({ signal }) =>
      request<Page<StoredFile>>('GET', `/v1/connections/${connectionId}/files`, {
        query: { page, page_size: 20, search_query: search },
        signal,
      }),
    placeholderData: (previous) => previous,
  })
