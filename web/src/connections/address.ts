import type { Connection } from '../api/connections.ts'

/** Where a connection leads, on one line: `db.example.org:5432/shop`, `orders/in`. */
export function addressOf({
  type,
  uuid = '',
  connection_data: data,
}: Pick<Connection, 'type' | 'uuid' | 'connection_data'>): string {
  if (type === 'webhook') return `/hooks/${uuid}`
  const text = (name: string): string => {
    const value = data[name]
    return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  }
  const host = text('host') === '' ? '' : text('host') + (text('port') === '' ? '' : `:${text('port')}`)
  const place =
    text('database_name') || text('service_name') || text('sid') || text('bucket') || text('share')
  if (host !== '') return place === '' ? host : `${host}/${place}`
  return text('directory') || text('cluster') || text('rest_catalog_url') || place || '/'
}
