import { CloseButton, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Icon } from './icon.tsx'

interface SearchBoxProps {
  label: string
  value: string
  onChange: (value: string) => void
}

/** A list's search: the URL follows the typing after a moment. The key `/` comes here. */
export function SearchBox({ label, value, onChange }: SearchBoxProps) {
  const { t } = useTranslation()
  const [text, setText] = useState(value)
  useEffect(() => setText(value), [value])
  const settle = useDebouncedCallback(onChange, 250)
  const change = (next: string) => {
    setText(next)
    settle(next)
  }
  const clear =
    text === '' ? undefined : (
      <CloseButton size="sm" aria-label={t('list.clearSearch')} onClick={() => change('')} />
    )
  return (
    <TextInput
      type="search"
      data-search
      aria-label={label}
      placeholder={label}
      value={text}
      onChange={(event) => change(event.currentTarget.value)}
      leftSection={<Icon name="search" />}
      rightSection={clear}
      autoComplete="off"
    />
  )
}
