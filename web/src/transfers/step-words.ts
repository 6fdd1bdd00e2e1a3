import { useTranslation } from 'react-i18next'
import { endText } from './end-text.ts'
import type { Step } from './transformation-fields.tsx'
import type { WayProps } from './way-of-data.tsx'

/** Where on the data's way: an end of it, or a step between. */
export type Place = 'source' | Step | 'target'

export function useTitles(): (place: Place) => string {
  const { t } = useTranslation()
  const titles = {
    source: t('transfer.source'),
    files: t('transform.files'),
    rows: t('transform.rows'),
    columns: t('transform.columns'),
    sql: t('transform.sql'),
    target: t('transfer.target'),
  }
  return (place) => titles[place]
}

/** What a step does as it stands, in few words. */
export function useWords({ form, connections, sides }: WayProps): (place: Place) => string {
  const { t } = useTranslation()
  const values = form.getValues()
  const end = (side: 'source' | 'target') => {
    const id = values[`${side}_connection_id`]
    const connection = connections.find((one) => String(one.id) === id)
    const chosen = sides[side]
    if (connection === undefined || chosen === null) return t('canvas.notChosen')
    const { table_name, directory_path, file_name, file_name_template } = values[`${side}_params`]
    const name = side === 'source' ? file_name : file_name_template
    const text =
      chosen.kind === 'database'
        ? endText({ type: chosen.type, table_name })
        : endText({ type: chosen.type, directory_path, file_name: name })
    return text === '' ? connection.name : `${connection.name}: ${text}`
  }
  return (place) => {
    switch (place) {
      case 'source':
      case 'target':
        return end(place)
      case 'files':
        return t('canvas.filters', { count: values.file_filters.length })
      case 'rows':
        return t('canvas.filters', { count: values.row_filters.length })
      case 'columns':
        return t('canvas.columns', { count: values.column_filters.length })
      case 'sql':
        return values.sql.trim().slice(0, 60) || t('canvas.notChosen')
    }
  }
}
