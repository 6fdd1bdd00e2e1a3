import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { scheduleQuery, type SyncSchedule as Schedule, type SyncScheduleAnswer } from '../api/syncs.ts'
import { useGroup, useWhyNot } from '../frame/use-group.ts'
import { CronWords } from '../schedules/cron-words.tsx'
import { ActionButton } from '../ui/action-button.tsx'
import { Facts } from '../ui/facts.tsx'
import { hubWords } from '../ui/hub-words.ts'
import { Notice } from '../ui/notice.tsx'
import { Failure, Loading } from '../ui/page-state.tsx'
import { Section } from '../ui/section.tsx'
import { useFormat } from '../ui/use-format.ts'
import { SyncScheduleDialog } from './sync-schedule-dialog.tsx'
import { valuesOf } from './sync-schedule-values.ts'

/** When the connection is kept in step by itself. */
export function SyncSchedule({ connectionId }: { connectionId: number }) {
  const { t } = useTranslation()
  const { role } = useGroup()
  const denied = useWhyNot()(role, 'Developer')
  const query = useQuery(scheduleQuery(connectionId))
  const [changing, setChanging] = useState(false)
  const { data } = query
  return (
    <Section
      title={t('syncSchedule.title')}
      actions={
        <ActionButton icon="edit" whyNot={denied} onClick={() => setChanging(true)}>
          {t('syncSchedule.change')}
        </ActionButton>
      }
    >
      {query.isPending ? (
        <Loading lines={2} />
      ) : data === undefined ? (
        <Failure error={query.error} onRetry={() => void query.refetch()} />
      ) : data.problem !== null ? (
        <Notice tone="failure" title={t('syncSchedule.unreadable')}>
          {hubWords(data.problem)}
        </Notice>
      ) : (
        <ScheduleFacts answer={data} />
      )}
      {changing && data !== undefined && (
        <SyncScheduleDialog
          connectionId={connectionId}
          schedule={data.problem === null ? data.schedule : { type: 'manual' }}
          onClose={() => setChanging(false)}
        />
      )}
    </Section>
  )
}

function ScheduleFacts({ answer: { schedule, next_syncs: next } }: { answer: SyncScheduleAnswer }) {
  const { t } = useTranslation()
  const format = useFormat()
  if (schedule.type === 'manual') return <p className="dimmed">{t('syncSchedule.byHand')}</p>
  const zone = schedule.type === 'cron' ? schedule.timezone : undefined
  const { jitter } = valuesOf(schedule, 'UTC')
  const times = next.map((at) => (zone === undefined ? format.time(at) : format.zoned(at, zone))).join(' · ')
  return (
    <Facts
      items={[
        [t('syncSchedule.when'), <When key="when" schedule={schedule} />],
        [t('schedule.zone'), zone],
        [t('syncSchedule.nextTimes'), schedule.enabled ? times : t('syncSchedule.isOff')],
        [t('syncSchedule.jitter'), jitter > 0 ? t('syncSchedule.upTo', { count: jitter }) : undefined],
        [
          t('schedule.missed'),
          schedule.missed === 'one' ? t('schedule.missedOneSync') : t('schedule.missedSkip'),
        ],
        [
          t('schedule.overlapSync'),
          schedule.overlap === 'skip' ? t('schedule.overlapSkip') : t('schedule.overlapQueueSync'),
        ],
      ]}
    />
  )
}

function When({ schedule }: { schedule: Exclude<Schedule, { type: 'manual' }> }) {
  const { t } = useTranslation()
  if (schedule.type === 'interval') {
    const { every, unit } = valuesOf(schedule, 'UTC')
    return t(`syncSchedule.everyUnit.${unit}`, { count: every })
  }
  return (
    <>
      <code>{schedule.cron}</code>
      <CronWords schedule={schedule.cron} />
    </>
  )
}
