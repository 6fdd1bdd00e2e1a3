import { useTranslation } from 'react-i18next'
import type { ChangeKind } from '../api/syncs.ts'
import type { IconName } from '../ui/icon.tsx'
import { Badge, type Tone } from '../ui/state-badge.tsx'

const LOOKS: Record<ChangeKind, { tone: Tone; icon: IconName }> = {
  added: { tone: 'good', icon: 'plus' },
  updated: { tone: 'waiting', icon: 'edit' },
  deleted: { tone: 'quiet', icon: 'minus' },
}

/** What became of a table, a file or a person. */
export function ChangeMark({ kind }: { kind: ChangeKind }) {
  const { t } = useTranslation()
  return <Badge {...LOOKS[kind]}>{t(`sync.count.${kind}`)}</Badge>
}
