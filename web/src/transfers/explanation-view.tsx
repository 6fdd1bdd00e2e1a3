import { useTranslation } from 'react-i18next'
import type { Explanation } from '../api/transfers.ts'
import { hubWords } from '../ui/hub-words.ts'
import { useFormat } from '../ui/use-format.ts'
import { ListTable } from '../ui/list-table.tsx'
import { Section } from '../ui/section.tsx'
import classes from './explanation-view.module.css'

/** What a run will do: the way it takes and why, step by step, with its columns and the first rows. */
export function ExplanationView({ explanation }: { explanation: Explanation }) {
  const { t } = useTranslation()
  const format = useFormat()
  const { route, why, steps, columns, preview, estimatedRows } = explanation
  return (
    <Section title={t('explain.title')} flush>
      <div className={classes.words} role="status">
        <p>
          <strong>{t(`explain.route.${route as 'copy'}`, { defaultValue: route })}</strong>
          {estimatedRows !== undefined && estimatedRows >= 0 && (
            <span className="dimmed">
              {' '}
              · {t('explain.rows', { count: estimatedRows, shown: format.short(estimatedRows) })}
            </span>
          )}
        </p>
        <ul>
          {why.map((sentence) => (
            <li key={sentence}>{hubWords(sentence)}</li>
          ))}
        </ul>
        <h3>{t('explain.steps')}</h3>
        <ol>
          {steps.map((step) => (
            <li key={step}>{hubWords(step)}</li>
          ))}
        </ol>
      </div>
      <h3 className={classes.head}>{t('explain.columns')}</h3>
      <ListTable
        label={t('explain.columns')}
        rows={columns}
        rowKey={({ name }) => name}
        columns={[
          { id: 'name', header: t('explain.column'), cell: ({ name }) => <code>{name}</code> },
          {
            id: 'from',
            header: t('explain.sourceType'),
            cell: ({ sourceType }) => <code>{sourceType}</code>,
          },
          { id: 'to', header: t('explain.targetType'), cell: ({ targetType }) => <code>{targetType}</code> },
          { id: 'note', header: t('explain.note'), cell: ({ note }) => note && hubWords(note) },
        ]}
      />
      {preview !== undefined && preview.columns.length > 0 && (
        <>
          <h3 className={classes.head}>{t('explain.preview', { count: preview.rows.length })}</h3>
          {/* Wide rows scroll inside, so the part must be reachable by keyboard. */}
          <div
            className={classes.scroll}
            tabIndex={0}
            role="region"
            aria-label={t('explain.preview', { count: preview.rows.length })}
          >
            <table className={classes.preview}>
              <thead>
                <tr>
                  {preview.columns.map((name) => (
                    <th key={name} scope="col">
                      {name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {preview.rows.map((row, line) => (
                  <tr key={line}>
                    {row.map((value, column) => (
                      <td key={column}>{value ?? <span className="dimmed">NULL</span>}</td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </Section>
  )
}
