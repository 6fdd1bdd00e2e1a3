import { ActionIcon } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Icon } from '../ui/icon.tsx'
import classes from './transformation-fields.module.css'

/** One kind of filter: its name, what it does as it stands, and its lines. */
export function FilterPart({
  label,
  words,
  children,
}: {
  label: string
  words: string
  children: ReactNode
}) {
  return (
    <div className={classes.part} role="group" aria-label={label}>
      <p className={classes.label}>{label}</p>
      <p className="dimmed">{words}</p>
      {children}
    </div>
  )
}

export function RemoveLine({ number, onClick }: { number: number; onClick: () => void }) {
  const { t } = useTranslation()
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size={34}
      aria-label={t('form.removeRow', { number })}
      onClick={onClick}
    >
      <Icon name="close" />
    </ActionIcon>
  )
}
