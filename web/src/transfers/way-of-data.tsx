import { SegmentedControl } from '@mantine/core'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import type { Connection } from '../api/connections.ts'
import { useProviderTitle } from '../connections/use-provider-title.ts'
import { lazily } from '../ui/lazily.ts'
import { Notice } from '../ui/notice.tsx'
import { Loading } from '../ui/page-state.tsx'
import { Section } from '../ui/section.tsx'
import { EndFields, type TransferForm } from './end-fields.tsx'
import type { Sides } from './transfer-form.tsx'
import { TransformationFields } from './transformation-fields.tsx'

const TransferCanvas = lazily(() => import('./transfer-canvas.tsx'), 'TransferCanvas')

export interface WayProps {
  form: TransferForm
  connections: Connection[]
  sides: Sides
  columns: string[]
}

/** From source to target, as sections under each other or as a drawing; both edit the one form. */
export function WayOfData(props: WayProps) {
  const { t } = useTranslation()
  const { tab } = useSearch({ strict: false })
  const navigate = useNavigate()
  const title = useProviderTitle()
  const { kept } = props.sides
  const show = (next: string) =>
    void navigate({
      to: '.',
      search: (old) => ({ ...old, tab: next === 'canvas' ? ('canvas' as const) : undefined }),
      replace: true,
      resetScroll: false,
    })
  return (
    <>
      <SegmentedControl
        aria-label={t('transfer.howToEdit')}
        style={{ justifySelf: 'start' }}
        data={[
          { value: 'form', label: t('transfer.formTab') },
          { value: 'canvas', label: t('transfer.canvasTab') },
        ]}
        value={tab === 'canvas' ? 'canvas' : 'form'}
        onChange={show}
      />
      {tab === 'canvas' ? (
        <Suspense fallback={<Loading />}>
          <TransferCanvas {...props} />
        </Suspense>
      ) : (
        <>
          <Section title={t('transfer.source')} lead={t('transfer.sourceWords')}>
            <SideFields side="source" {...props} />
          </Section>
          <Section title={t('transfer.target')} lead={t('transfer.targetWords')}>
            <SideFields side="target" {...props} />
          </Section>
          <Section title={t('transform.title')}>
            <TransformationFields
              form={props.form}
              columns={props.columns}
              source={props.sides.source?.kind ?? null}
            />
          </Section>
        </>
      )}
      {kept.length > 0 && (
        <Notice tone="attention">
          {t('transfer.keptWords', { types: [...new Set(kept)].map((type) => title(type)).join(', ') })}
        </Notice>
      )}
    </>
  )
}

export function SideFields({ side, form, connections, sides }: WayProps & { side: 'source' | 'target' }) {
  return (
    <EndFields
      side={side}
      form={form}
      connections={connections}
      holdsData={sides.holdsData}
      end={sides[side]}
      caveat={sides.caveat(side)}
    />
  )
}
