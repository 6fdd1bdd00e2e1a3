import { createSpotlight, Spotlight, useSpotlight } from '@mantine/spotlight'
import '@mantine/spotlight/styles.css'
import { useDebouncedValue } from '@mantine/hooks'
import { useNavigate } from '@tanstack/react-router'
import { type KeyboardEvent, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Icon } from '../ui/icon.tsx'
import { type Found, useActions, useThings } from './palette-entries.ts'
import classes from './palette.module.css'

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
  const found = [...things, ...actions]
  // The widget chooses among what it drew when one typed; what was found afterwards is chosen here.
  const openFirst = (event: KeyboardEvent) => {
    const marked = document.querySelector('[role=dialog] [data-action][data-selected]')
    if (event.key === 'Enter' && marked === null && found[0] !== undefined) go(found[0])
  }
  const { selected, listId } = useSpotlight(store)
  const chosen = found[selected]
  const part = (label: string, items: Found[]) =>
    items.length > 0 && (
      <div role="group" aria-label={label} className={classes.group}>
        <p aria-hidden="true" className={classes.title}>
          {label}
        </p>
        {items.map((one) => (
          <Option key={one.id} found={one} chosen={one === chosen} onGo={() => go(one)} />
        ))}
      </div>
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
        role="combobox"
        aria-expanded
        aria-autocomplete="list"
        aria-controls={listId}
        aria-activedescendant={chosen === undefined ? undefined : optionId(chosen)}
        leftSection={<Icon name="search" size={18} />}
      />
      <span role="status" className="visually-hidden">
        {t('palette.found', { count: things.length + actions.length })}
      </span>
      <Spotlight.ActionsList role="listbox" aria-label={t('palette.title')}>
        {part(t('palette.things'), things)}
        {part(t('palette.actions'), actions)}
      </Spotlight.ActionsList>
      {found.length === 0 && <p className={classes.nothing}>{t('list.nothingFound')}</p>}
    </Spotlight.Root>
  )
}

const optionId = ({ id }: Found): string => `palette-${id}`

/** The focus stays in the field; arrows move the choice, which the field names to a reader. */
function Option({ found, chosen, onGo }: { found: Found; chosen: boolean; onGo: () => void }) {
  return (
    <div
      id={optionId(found)}
      role="option"
      aria-selected={chosen}
      // The widget's arrows and Enter find their way by this mark.
      data-action
      tabIndex={-1}
      className={classes.option}
      onMouseDown={(event) => event.preventDefault()}
      onClick={onGo}
    >
      <Icon name={found.icon} size={18} />
      <span>{found.label}</span>
      {found.words !== undefined && <span className={classes.words}>{found.words}</span>}
    </div>
  )
}

function matches(query: string, text: string): boolean {
  const whole = text.toLocaleLowerCase()
  return query
    .toLocaleLowerCase()
    .split(/\s+/)
    .every((word) => whole.includes(word))
}
