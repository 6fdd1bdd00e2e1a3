import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { connectionQuery } from '../api/connections.ts'
import { queueQuery } from '../api/queues.ts'
import type { EndParams, SkippedTime, Transfer, Transformation } from '../api/transfers.ts'
import { Facts } from '../ui/facts.tsx'
import { Notice } from '../ui/notice.tsx'
import { hubWords } from '../ui/hub-words.ts'
import { useFormat } from '../ui/use-format.ts'
import classes from './definition.module.css'
import { CronWords } from '../schedules/cron-words.tsx'
import { endText } from './end-text.ts'

/** A transfer at a glance: the two ends with the track between them, and the terms of the journey. */
export function Definition({ transfer }: { transfer: Transfer }) {
  const { t } = useTranslation()
  const format = useFormat()
  const queue = useQuery(queueQuery(transfer.queue_id))
  const { strategy_params: strategy, is_scheduled, schedule, timezone = 'UTC', next_runs = [] } = transfer
  const { schedule_problem: problem = null, last_skipped } = transfer
  return (
    <div className={classes.definition}>
      <div className={classes.route}>
        <End
          label={t('transfer.source')}
          connectionId={transfer.source_connection_id}
          params={transfer.source_params}
        />
        <span className={classes.track} aria-hidden="true" />
        <End
          label={t('transfer.target')}
          connectionId={transfer.target_connection_id}
          params={transfer.target_params}
        />
      </div>
      <Facts
        items={[
          [
            t('transfer.howMuch'),
            strategy.type === 'full'
              ? t('transfer.full')
              : t('transfer.incrementalOf', { column: strategy.increment_by }),
          ],
          [t('transform.title'), <Transformations key="list" list={transfer.transformations} />],
          [
            t('transfer.queue'),
            <Link key="queue" to="/queues/$queueId" params={{ queueId: transfer.queue_id }}>
              {queue.data?.name ?? `#${transfer.queue_id}`}
            </Link>,
          ],
          [
            t('transfer.schedule'),
            is_scheduled ? (
              <>
                <code>{schedule}</code> {timezone}
                <CronWords schedule={schedule} />
                {problem !== null && (
                  <Notice tone="attention">{t('schedule.wrong', { problem: hubWords(problem) })}</Notice>
                )}
              </>
            ) : (
              t('transfer.byHand')
            ),
          ],
          [
            t('transfer.nextRuns'),
            is_scheduled && next_runs.length > 0
              ? next_runs
                  .slice(0, 3)
                  .map((at) => format.zoned(at, timezone))
                  .join(' · ')
              : undefined,
          ],
          [
            t('schedule.policies'),
            is_scheduled ? <Policies key="policies" transfer={transfer} /> : undefined,
          ],
          [
            t('schedule.lastSkipped'),
            last_skipped ? <LastSkipped key="skipped" skipped={last_skipped} zone={timezone} /> : undefined,
          ],
        ]}
      />
    </div>
  )
}

function Policies({ transfer: { missed_runs, overlap } }: { transfer: Transfer }) {
  const { t } = useTranslation()
  const missed = missed_runs === 'skip' ? t('schedule.missedSkip') : t('schedule.missedOne')
  const over = overlap === 'queue' ? t('schedule.overlapQueue') : t('schedule.overlapSkip')
  return (
    <>
      <p>
        <span className="dimmed">{t('schedule.missed')}:</span> {missed}
      </p>
      <p>
        <span className="dimmed">{t('schedule.overlap')}:</span> {over}
      </p>
    </>
  )
}

function LastSkipped({ skipped, zone }: { skipped: SkippedTime; zone: string }) {
  const { t } = useTranslation()
  const format = useFormat()
  return (
    <>
      <p>{format.zoned(skipped.scheduled_for, zone)}</p>
      <p>{t(`schedule.skipped.${skipped.reason}`, { count: skipped.times })}</p>
      <p className="dimmed">{hubWords(skipped.message)}</p>
    </>
  )
}

function End({ label, connectionId, params }: { label: string; connectionId: number; params: EndParams }) {
  const { t } = useTranslation()
  const connection = useQuery(connectionQuery(connectionId))
  const { file_format: file } = params
  const name = file && t(`format.${file.type as 'csv'}`, { defaultValue: file.type }) // the keys of the catalogue
  return (
    <div className={classes.end}>
      <p className={classes.label}>{label}</p>
      <p className={classes.what}>{endText(params)}</p>
      <p>
        <Link to="/connections/$connectionId" params={{ connectionId }}>
          {connection.data?.name ?? `#${connectionId}`}
        </Link>
        {name !== undefined && (
          <span className="dimmed">
            {' · '}
            {name}
            {file?.compression !== undefined && file.compression !== 'none' && `, ${file.compression}`}
          </span>
        )}
      </p>
    </div>
  )
}

function Transformations({ list }: { list: Transformation[] }) {
  const { t } = useTranslation()
  if (list.length === 0) return <>{t('transform.none')}</>
  return (
    <ul className={classes.list}>
      {list.flatMap((one) => {
        switch (one.type) {
          case 'dataframe_rows_filter':
            return one.filters.map(({ field, type, value }) => (
              <li key={`${field}.${type}.${value}`}>
                <code>{field}</code> {t(`operator.${type as 'equal'}`, { defaultValue: type })}{' '}
                <code>{value}</code>
              </li>
            ))
          case 'dataframe_columns_filter':
            return one.filters.map(({ field, type, to, as_type }) => (
              <li key={`${field}.${type}.${to}`}>
                {t(`transform.${type}`)} <code>{field}</code>{' '}
                {(to ?? as_type) && <code>{to ?? as_type}</code>}
              </li>
            ))
          case 'sql':
            return [
              <li key="sql">
                <code>{one.query}</code>
              </li>,
            ]
          case 'file_metadata_filter':
            return [<li key="files">{t('transform.files')}</li>]
        }
      })}
    </ul>
  )
}
