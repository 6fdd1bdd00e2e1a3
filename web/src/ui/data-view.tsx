import { SegmentedControl } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ActionButton } from './action-button.tsx'
import { readSample } from './call-text.ts'
import { CodeBlock } from './code-block.tsx'
import { Dialog } from './dialog.tsx'
import { Loading } from './page-state.tsx'

interface DataViewProps {
  /** Whose data it is. */
  name: string
  /** Where the API has it. */
  path: string
  /** As the API answered it; secrets are never in it. */
  value: unknown
  /** The terminal's way to the same, where there is one. */
  cli?: string
}

/** A button for those who want the thing itself: as JSON, as YAML, and the calls that read it. */
export function DataView(props: DataViewProps) {
  const { t } = useTranslation()
  const [open, setOpen] = useState(false)
  return (
    <>
      <ActionButton icon="braces" onClick={() => setOpen(true)}>
        {t('data.open')}
      </ActionButton>
      {open && <DataDialog {...props} onClose={() => setOpen(false)} />}
    </>
  )
}

function DataDialog({ name, path, value, cli, onClose }: DataViewProps & { onClose: () => void }) {
  const { t } = useTranslation()
  const [form, setForm] = useState<'json' | 'yaml'>('json')
  const yaml = useQuery({
    queryKey: ['yaml', path, value],
    queryFn: async () => (await import('yaml')).stringify(value),
    enabled: form === 'yaml',
    staleTime: Number.POSITIVE_INFINITY,
  })
  const text = form === 'json' ? JSON.stringify(value, null, 2) : yaml.data
  return (
    <Dialog title={t('data.title', { name })} onClose={onClose} wide>
      <div className="stack">
        <SegmentedControl
          aria-label={t('data.form')}
          data={[
            { value: 'json', label: 'JSON' },
            { value: 'yaml', label: 'YAML' },
          ]}
          value={form}
          onChange={(next) => setForm(next === 'yaml' ? 'yaml' : 'json')}
        />
        {text === undefined ? <Loading /> : <CodeBlock label={form.toUpperCase()} text={text} />}
        <CodeBlock label={t('form.asCurl')} text={readSample(`${location.origin}${path}?view=full`)} />
        {cli !== undefined && <CodeBlock label={t('form.asCli')} text={cli} />}
      </div>
    </Dialog>
  )
}
