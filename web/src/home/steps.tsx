import { useTranslation } from 'react-i18next'
import type { Role } from '../api/groups.ts'
import type { Transfer } from '../api/transfers.ts'
import { useWhyNot } from '../frame/use-group.ts'
import { Icon } from '../ui/icon.tsx'
import { LinkButton } from '../ui/link-button.tsx'
import { Section } from '../ui/section.tsx'
import classes from './steps.module.css'

interface StepsProps {
  connections: number
  queues: number
  transfer: Transfer | undefined
  role: Role
}

/** The way to the first copied table, with what is done already. */
export function Steps({ connections, queues, transfer, role }: StepsProps) {
  const { t } = useTranslation()
  const whyNot = useWhyNot()
  const write = whyNot(role, 'Developer')
  const manage = whyNot(role, 'Maintainer')
  const done = [connections >= 2, queues > 0, transfer !== undefined, false]
  const now = done.indexOf(false)
  const steps = [
    {
      title: t('home.stepConnections'),
      words: t('home.stepConnectionsWords', { count: connections }),
      action: (
        <LinkButton to="/connections/new" whyNot={write} icon="plus">
          {t('connection.new')}
        </LinkButton>
      ),
    },
    {
      title: t('home.stepQueue'),
      words: t('home.stepQueueWords'),
      action: (
        <LinkButton to="/queues" whyNot={manage} icon="plus">
          {t('queue.new')}
        </LinkButton>
      ),
    },
    {
      title: t('home.stepTransfer'),
      words: t('home.stepTransferWords'),
      action: (
        <LinkButton to="/transfers/new" whyNot={write} icon="plus">
          {t('transfer.new')}
        </LinkButton>
      ),
    },
    {
      title: t('home.stepRun'),
      words: t('home.stepRunWords'),
      action:
        transfer === undefined ? null : (
          <LinkButton to="/transfers/$transferId" params={{ transferId: transfer.id }} icon="run">
            {t('home.openTransfer')}
          </LinkButton>
        ),
    },
  ]
  return (
    <Section title={t('home.steps')} flush>
      <ol className={classes.steps}>
        {steps.map(({ title, words, action }, index) => (
          <li
            key={title}
            data-done={done[index] || undefined}
            aria-current={index === now ? 'step' : undefined}
          >
            <span className={classes.sign}>
              {done[index] ? <Icon name="check" size={16} /> : <span>{index + 1}</span>}
            </span>
            <div className={classes.words}>
              <strong>{title}</strong>
              <p>{words}</p>
            </div>
            {index === now && action}
          </li>
        ))}
      </ol>
    </Section>
  )
}
