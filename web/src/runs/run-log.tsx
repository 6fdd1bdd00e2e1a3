import { Checkbox, TextInput } from '@mantine/core'
import { useDeferredValue, useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { LogLine } from '../api/runs.ts'
import { CopyButton } from '../ui/copy-button.tsx'
import { hubWords } from '../ui/hub-words.ts'
import { Icon } from '../ui/icon.tsx'
import { Section } from '../ui/section.tsx'
import { useFormat } from '../ui/use-format.ts'
import classes from './run-log.module.css'

/** More lines than these would make the page heavy; search reaches all that are kept. */
const MOST_DRAWN = 2000

interface RunLogProps {
  lines: LogLine[]
  live: boolean
  over: boolean
}

/** What the run said, as it says it. */
export function RunLog({ lines, live, over }: RunLogProps) {
  const { t } = useTranslation()
  const format = useFormat()
  const [query, setQuery] = useState('')
  const [following, setFollowing] = useState(true)
  const wanted = useDeferredValue(query.trim().toLocaleLowerCase())
  const found = useMemo(
    () =>
      wanted === '' ? lines : lines.filter(({ message }) => message.toLocaleLowerCase().includes(wanted)),
    [lines, wanted],
  )
  const place = useRef<HTMLOListElement>(null)
  useEffect(() => {
    if (following && place.current !== null) place.current.scrollTop = place.current.scrollHeight
  }, [found, following])
  const text = lines.map(({ at, level, message }) => `${at} ${level} ${message}`).join('\n')
  return (
    <Section
      title={t('run.log')}
      lead={live ? t('run.logLive') : undefined}
      actions={lines.length > 0 ? <CopyButton text={text} label={t('run.copyLog')} /> : undefined}
      flush
    >
      <div className={classes.controls}>
        <TextInput
          type="search"
          data-search
          aria-label={t('run.searchLog')}
          placeholder={t('run.searchLog')}
          leftSection={<Icon name="search" />}
          value={query}
          onChange={(event) => setQuery(event.currentTarget.value)}
        />
        {!over && (
          <Checkbox
            label={t('run.follow')}
            checked={following}
            onChange={(event) => setFollowing(event.currentTarget.checked)}
          />
        )}
        <span className="dimmed" role="status">
          {wanted === '' ? '' : t('run.foundLines', { count: found.length })}
        </span>
      </div>
      {found.length === 0 ? (
        <p className={classes.nothing}>
          {wanted !== '' ? t('list.nothingFound') : over ? t('run.noLog') : t('run.noLogYet')}
        </p>
      ) : (
        <ol ref={place} className={classes.lines} tabIndex={0} aria-label={t('run.log')}>
          {found.slice(-MOST_DRAWN).map(({ seq, at, level, message }) => (
            <li key={seq} data-level={level}>
              <time dateTime={at}>{format.clock(at)}</time>
              <span className={classes.level}>{t(`level.${level}`)}</span>
              <span>{hubWords(message)}</span>
            </li>
          ))}
        </ol>
      )}
    </Section>
  )
}
