import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Run } from '../api/runs.ts'
import { RunTable } from '../runs/run-table.tsx'
import { Section } from '../ui/section.tsx'

/** What happened last in this group. */
export function RecentRuns({ runs }: { runs: Run[] }) {
  const { t } = useTranslation()
  return (
    <Section title={t('home.recentRuns')} actions={<Link to="/runs">{t('home.allRuns')}</Link>} flush>
      <RunTable label={t('home.recentRuns')} runs={runs} withTransfer />
    </Section>
  )
}
