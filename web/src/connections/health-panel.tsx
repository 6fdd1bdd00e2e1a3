import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Connection } from '../api/connections.ts'
import { type Health, healthQuery } from '../api/health.ts'
import { changeStatus } from '../api/syncs.ts'
import { useGroup, useWhyNot } from '../frame/use-group.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { Facts } from '../ui/facts.tsx'
import { hubWords } from '../ui/hub-words.ts'
import { Failure, Loading } from '../ui/page-state.tsx'
import { Section } from '../ui/section.tsx'
import { useFormat } from '../ui/use-format.ts'
import { When } from '../ui/when.tsx'
import { HealthBadge } from './health-badge.tsx'
import { OAuthSignIn, SignInOutcome } from './oauth-sign-in.tsx'
import classes from './panel.module.css'

interface HealthPanelProps {
  connection: Connection
  /** Asks the other system now. */
  onCheck: () => void
  checking: boolean
  whyNotCheck: string | undefined
}

/** How the connection fares: since when, why, who must act, and when it is looked at again. */
export function HealthPanel({ connection, onCheck, checking, whyNotCheck }: HealthPanelProps) {
  const { t } = useTranslation()
  const query = useQuery(healthQuery(connection.id))
  const inactive = connection.status === 'inactive'
  return (
    <Section
      title={t('health.title')}
      lead={inactive ? t('health.isOff') : undefined}
      actions={
        <span className={classes.buttons}>
          <OAuthSignIn connection={connection} />
          <StatusSwitch connection={connection} />
          <ActionButton icon="retry" loading={checking} whyNot={whyNotCheck} onClick={onCheck}>
            {t('health.check')}
          </ActionButton>
        </span>
      }
    >
      <SignInOutcome />
      {query.isPending ? (
        <Loading lines={3} />
      ) : query.isError ? (
        <Failure error={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <HealthFacts health={query.data} watched={!inactive} />
      )}
    </Section>
  )
}

function HealthFacts({ health, watched }: { health: Health; watched: boolean }) {
  const { t } = useTranslation()
  const format = useFormat()
  return (
    <Facts
      items={[
        [
          t('health.now'),
          <span key="now" role="status">
            <HealthBadge health={health} since />
          </span>,
        ],
        [t('health.why'), health.message === null ? undefined : hubWords(health.message)],
        [t('health.whoActs'), health.actor === null ? undefined : t(`health.actor.${health.actor}`)],
        [
          t('health.failures'),
          health.consecutive_failures > 0 ? format.number(health.consecutive_failures) : undefined,
        ],
        [t('health.lastOk'), health.last_ok_at && <When at={health.last_ok_at} />],
        [t('health.lastCheck'), health.last_check_at && <When at={health.last_check_at} />],
        [
          t('health.nextCheck'),
          watched && health.next_check_at ? <When at={health.next_check_at} /> : undefined,
        ],
      ]}
    />
  )
}

/** An inactive connection is neither synced nor looked after; runs by hand still use it. */
function StatusSwitch({ connection: { id, status } }: { connection: Connection }) {
  const { t } = useTranslation()
  const { role } = useGroup()
  const denied = useWhyNot()(role, 'Developer')
  const queries = useQueryClient()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const next = status === 'inactive' ? 'active' : 'inactive'
  const change = async () => {
    setBusy(true)
    setError(null)
    try {
      await changeStatus(id, next)
      await queries.invalidateQueries({ queryKey: ['connections'] })
    } catch (caught) {
      setError(caught)
    } finally {
      setBusy(false)
    }
  }
  return (
    <>
      <ActionButton
        icon={next === 'active' ? 'run' : 'stop'}
        loading={busy}
        whyNot={denied}
        onClick={() => void change()}
      >
        {next === 'active' ? t('health.switchOn') : t('health.switchOff')}
      </ActionButton>
      {error !== null && <Failure error={error} />}
    </>
  )
}
