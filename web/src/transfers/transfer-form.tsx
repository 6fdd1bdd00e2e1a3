import { Button, SegmentedControl, Textarea, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { columnsQuery, type Connection, type Provider } from '../api/connections.ts'
import type { Queue } from '../api/queues.ts'
import { type Explanation, explainUnsaved, type Transfer, type TransferBody } from '../api/transfers.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { CallSamples } from '../ui/call-samples.tsx'
import { transferCommand } from '../ui/call-text.ts'
import { DraftNotice } from '../ui/draft-notice.tsx'
import { Form, FormActions } from '../ui/form.tsx'
import { Failure } from '../ui/page-state.tsx'
import { Section } from '../ui/section.tsx'
import { useDraft } from '../ui/use-draft.ts'
import { focusFirstError, useSubmit } from '../ui/use-submit.ts'
import type { ChosenEnd } from './end-fields.tsx'
import { ExplanationView } from './explanation-view.tsx'
import { QueueField } from './queue-field.tsx'
import { ScheduleFields } from './schedule-fields.tsx'
import { ResourceFields } from './resource-fields.tsx'
import { bodyOf, type EndKind, type Ends, type TransferValues } from './transfer-values.ts'
import { WayOfData } from './way-of-data.tsx'

const PREVIEW_ROWS = 20

interface TransferFormProps {
  groupId: number
  transfer: Transfer | undefined
  start: TransferValues
  connections: Connection[]
  queues: Queue[]
  providers: Provider[]
  save: (body: TransferBody) => Promise<Transfer>
  onSaved: (saved: Transfer) => Promise<void>
}

/** From where to where, what of it, how and when. Says what a run will do before anything is saved. */
export function TransferForm({
  groupId,
  transfer,
  start,
  connections,
  queues,
  providers,
  save,
  onSaved,
}: TransferFormProps) {
  const { t } = useTranslation()
  const draft = useDraft(`transfer.${transfer?.id ?? `new.${groupId}`}`, start)
  const form = useForm<TransferValues>({
    initialValues: draft.values,
    onValuesChange: draft.keep,
    validateInputOnBlur: ['name', 'schedule'],
    validate: useRules(),
  })
  const { submit, busy, error } = useSubmit(form)
  const explaining = useSubmit(form)
  const [explanation, setExplanation] = useState<Explanation | null>(null)
  const values = form.getValues()
  const sides = useSides(values, connections, providers)
  const columns = useColumns(values, sides.source?.kind)
  const ready = (): TransferBody | null => {
    if (form.validate().hasErrors || sides.ends === null) {
      focusFirstError()
      return null
    }
    return bodyOf(form.getValues(), groupId, sides.ends, transfer)
  }
  const explain = async () => {
    // A name is not needed to be told what would happen; the rest is.
    if (form.getValues().name.trim() === '') form.setFieldValue('name', suggestName(values))
    const body = ready()
    if (body === null) return
    setExplanation(null)
    const told = await explaining.submit(() => explainUnsaved({ ...body, rows: PREVIEW_ROWS }))
    if (told !== undefined) setExplanation(told)
  }
  const send = async () => {
    const body = ready()
    if (body === null) return
    const saved = await submit(() => save(body))
    if (saved === undefined) return
    draft.forget()
    await onSaved(saved)
  }
  const discard = () => {
    draft.forget()
    form.setValues(start)
    form.clearErrors()
  }
  const label = transfer ? t('transfer.change') : t('transfer.new')
  return (
    <Form
      label={label}
      onSubmit={(event) => {
        event.preventDefault()
        void send()
      }}
    >
      <DraftNotice restored={draft.restored} onDiscard={discard} />
      <WayOfData form={form} connections={connections} sides={sides} columns={columns} />
      <Section title={t('transfer.howMuch')}>
        <SegmentedControl
          aria-label={t('transfer.howMuch')}
          data={[
            { value: 'full', label: t('transfer.full') },
            { value: 'incremental', label: t('transfer.incremental') },
          ]}
          {...form.getInputProps('strategy_params.type')}
        />
        <p className="dimmed" style={{ margin: '8px 0' }}>
          {values.strategy_params.type === 'full' ? t('transfer.fullWords') : t('transfer.incrementalWords')}
        </p>
        {values.strategy_params.type === 'incremental' && (
          <TextInput
            label={t('transfer.incrementBy')}
            description={t('transfer.incrementByWords')}
            required
            placeholder={sides.source?.kind === 'file' ? 'file_modified_since' : 'updated_at'}
            autoComplete="off"
            {...form.getInputProps('strategy_params.increment_by')}
          />
        )}
      </Section>
      <Section title={t('resource.title')} lead={t('resource.words')}>
        <ResourceFields form={form} />
      </Section>
      <Section title={t('transfer.nameAndQueue')}>
        <div className="stack">
          <TextInput label={t('common.name')} required maxLength={128} {...form.getInputProps('name')} />
          <Textarea
            label={t('common.description')}
            autosize
            minRows={1}
            maxLength={512}
            {...form.getInputProps('description')}
          />
          <QueueField form={form} queues={queues} groupId={groupId} />
        </div>
      </Section>
      <Section title={t('transfer.schedule')}>
        <div className="stack">
          <ScheduleFields form={form} />
        </div>
      </Section>
      {explaining.error !== null && <Failure error={explaining.error} />}
      {explanation !== null && <ExplanationView explanation={explanation} />}
      {error !== null && <Failure error={error} />}
      <FormActions>
        <Button type="submit" loading={busy}>
          {transfer ? t('common.save') : t('transfer.create')}
        </Button>
        <ActionButton icon="view" loading={explaining.busy} onClick={() => void explain()}>
          {t('explain.action')}
        </ActionButton>
      </FormActions>
      {sides.ends !== null && (
        <CallSamples
          method={transfer ? 'PUT' : 'POST'}
          path={transfer ? `/v1/transfers/${transfer.id}` : '/v1/transfers'}
          body={bodyOf(values, groupId, sides.ends, transfer)}
          cli={transfer ? null : transferCommand(bodyOf(values, groupId, sides.ends))}
        />
      )}
    </Form>
  )
}

function useRules() {
  const { t } = useTranslation()
  const needed = (value: unknown) => (value === null || value === '' ? t('form.required') : null)
  return {
    name: (name: string) => (name.trim().length < 3 ? t('form.nameLength') : null),
    queue_id: needed,
    source_connection_id: needed,
    target_connection_id: needed,
    schedule: (schedule: string, { is_scheduled }: TransferValues) =>
      is_scheduled ? needed(schedule.trim()) : null,
    strategy_params: {
      increment_by: (column: string, { strategy_params }: TransferValues) =>
        strategy_params.type === 'incremental' ? needed(column.trim()) : null,
    },
  }
}

export type Sides = ReturnType<typeof useSides>

/** What the two chosen connections are, and what is to be known of each before it is chosen. */
function useSides(values: TransferValues, connections: Connection[], providers: Provider[]) {
  const { t } = useTranslation()
  const end = (id: string | null): ChosenEnd | null => {
    const connection = connections.find((one) => String(one.id) === id)
    if (connection === undefined) return null
    const provider = providers.find((one) => one.provider === connection.type)
    return {
      type: connection.type,
      kind: provider?.connector_type === 'file' ? 'file' : 'database',
      browsable: provider?.can.discover === true,
    }
  }
  const source = end(values.source_connection_id)
  const target = end(values.target_connection_id)
  const ends: Ends | null = source && target ? { source, target } : null
  const caveat = (side: 'source' | 'target') => (connection: Connection) =>
    providers.find((one) => one.provider === connection.type)?.can[side] === true
      ? undefined
      : t('transfer.notCarried')
  const kept = ([source, target] as const).flatMap((one, index) => {
    const can = providers.find(({ provider }) => provider === one?.type)?.can
    return one !== null && can?.[index === 0 ? 'source' : 'target'] !== true ? [one.type] : []
  })
  const holdsData = (connection: Connection) => {
    const kind = providers.find(({ provider }) => provider === connection.type)?.connector_type
    return kind === 'database' || kind === 'file'
  }
  return { source, target, ends, caveat, holdsData, kept }
}

/** The source's columns, as soon as a whole table name stands there. */
function useColumns(values: TransferValues, kind: EndKind | undefined): string[] {
  const { table_name, directory_path, file_name } = values.source_params
  const path = kind === 'database' ? table_name : `${directory_path.replace(/\/$/, '')}/${file_name}`
  const whole =
    kind === 'database' ? /^[^.]+\.[^.]+$/.test(table_name) : file_name !== '' && !/[*?[]/.test(file_name)
  const query = useQuery({
    ...columnsQuery(Number(values.source_connection_id), path),
    enabled: whole && values.source_connection_id !== null,
  })
  return query.data?.items.map(({ name }) => name) ?? []
}

/** A first name for a transfer that has none: what it copies. */
function suggestName({ source_params: source }: TransferValues): string {
  const what = source.table_name || source.file_name || source.directory_path.replaceAll('/', ' ').trim()
  return `Copy of ${what}`.slice(0, 128)
}
