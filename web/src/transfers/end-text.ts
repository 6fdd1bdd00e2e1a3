import type { EndParams } from '../api/transfers.ts'

/** Source or target on one line: `public.orders`, `/in/orders*.csv`. */
export function endText(params: EndParams): string {
  if (params.table_name !== undefined) return params.table_name
  const directory = params.directory_path ?? '/'
  const file = params.file_name ?? params.file_name_template ?? ''
  return file === '' ? directory : `${directory.replace(/\/$/, '')}/${file}`
}
