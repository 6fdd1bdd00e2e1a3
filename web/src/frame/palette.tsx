import { createSpotlight, Spotlight } from '@mantine/spotlight'
import '@mantine/spotlight/styles.css'
import { useDebouncedValue } from '@mantine/hooks'
import { useNavigate } from '@tanstack/react-router'
import { type KeyboardEvent, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Icon } from '../ui/icon.tsx'
import { type Found, useActions, useThings } from './palette-entries.ts'

const [store, palette] = createSpotlight()

/** Ctrl-K: everything that can be done and everything that has a name in this group. */
export function Palette({ asked }: { asked: number }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const [query, setQuery] = useState('')
  const [settled] = useDebouncedValue(query.trim(), 150)
  const actions = useActions().filter(({ label, words }) => matches(query, `${label} ${words ?? ''}`))
  const things = useThings(settled)
  useEffect(() => palette.open(), [asked])
  const go = (found: Found) => {
    palette.close()
    void navigate(found.go)
  }
  // The widget chooses among what it drew when one typed; what was found afterwards is chosen here.
  const openFirst = (event: KeyboardEvent) => {
    const [first] = [...things, ...actions]
    const chosen = document.querySelector('[role=dialog] [data-action][data-selected]')
    if (event.key === 'Enter' && chosen === null && first !== undefined) go(first)
  }
  const item = (found: Found) => (
    <Spotlight.Action
      key={found.id}
      label={found.label}
      {...(found.words !== undefined && { description: found.words })}
      leftSection={<Icon name={found.icon} size={18} />}
      onClick={() => go(found)}
    />
  )
  return (
    <Spotlight.Root
      store={store}
      query={query}
      onQueryChange={setQuery}
      shortcut={null}
      scrollable
      maxHeight="60vh"
      attributes={{ content: { 'aria-label': t('palette.title') } }}
    >
      <Spotlight.Search
        placeholder={t('palette.placeholder')}
        aria-label={t('palette.placeholder')}
        onKeyDown={openFirst}
        leftSection={<Icon name="search" size={18} />}
      />
      <span role="status" className="visually-hidden">
        {t('palette.found', { count: things.length + actions.length })}
      </span>
      <Spotlight.ActionsList>
        {things.length > 0 && (
          <Spotlight.ActionsGroup label={t('palette.things')}>{things.map(item)}</Spotlight.ActionsGroup>
        )}
        {actions.length > 0 && (
          <Spotlight.ActionsGroup label={t('palette.actions')}>{actions.map(item)}</Spotlight.ActionsGroup>
        )}
        {things.length === 0 && actions.length === 0 && (
          <Spotlight.Empty>{t('list.nothingFound')}</Spotlight.Empty>
        )}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  )
}

function matches(query: string, text: string): boolean {
  const whole = text.toLocaleLowerCase()
  return query
    .toLocaleLowerCase()
    .split(/\s+/)
    .every((word) => whole.includes(word))
}
