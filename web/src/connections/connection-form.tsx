import { Button, Select, Textarea, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Connection, ConnectionBody, Provider } from '../api/connections.ts'
import { CallSamples } from '../ui/call-samples.tsx'
import { connectionCommand } from '../ui/call-text.ts'
import { DraftNotice } from '../ui/draft-notice.tsx'
import { Form, FormActions, FormRow } from '../ui/form.tsx'
import { hubWords } from '../ui/hub-words.ts'
import { Failure } from '../ui/page-state.tsx'
import { SchemaFields } from '../ui/schema-form/schema-fields.tsx'
import { textOf, variantsOf } from '../ui/schema-form/schema-values.ts'
import { Section } from '../ui/section.tsx'
import { useDraft } from '../ui/use-draft.ts'
import { focusFirstError, useSubmit } from '../ui/use-submit.ts'
import {
  bodyOf,
  type ConnectionValues,
  errorsOf,
  startOf,
  wayOf,
  waysOf,
  withType,
  withVariant,
  withWay,
} from './connection-values.ts'
import { TestUntried } from './test-untried.tsx'
import { useProviderTitle } from './use-provider-title.ts'

interface ConnectionFormProps {
  groupId: number
  providers: Provider[]
  connection: Connection | undefined
  save: (body: ConnectionBody) => Promise<Connection>
  onSaved: (saved: Connection) => Promise<void>
}

/** How to reach another system, in the fields that its provider asks for. */
export function ConnectionForm({ groupId, providers, connection, save, onSaved }: ConnectionFormProps) {
  const { t } = useTranslation()
  const title = useProviderTitle()
  const draft = useDraft(`connection.${connection?.id ?? `new.${groupId}`}`, startOf(providers, connection))
  const form = useForm<ConnectionValues>({
    initialValues: draft.values,
    onValuesChange: draft.keep,
    validateInputOnBlur: ['name'],
    validate: { name: (name) => (name.trim().length < 3 ? t('form.nameLength') : null) },
  })
  // Fields that are drawn from a schema begin anew when what stands in them is replaced as a whole.
  const [round, setRound] = useState(0)
  const { submit, busy, error } = useSubmit(form)
  const values = form.getValues()
  const provider = providers.find((one) => one.provider === values.type)
  const way = wayOf(provider, values)
  const kept = connection?.auth_data?.type === values.auth_data['type']
  const replace = (next: ConnectionValues) => {
    form.setValues(next)
    form.clearErrors()
    setRound(round + 1)
  }
  const check = (): ConnectionBody | null => {
    const wrong = errorsOf(values, provider, kept, t('form.required'))
    const named = form.validate().errors
    form.setErrors({ ...wrong, ...named })
    if (Object.keys(wrong).length + Object.keys(named).length > 0) {
      focusFirstError()
      return null
    }
    return bodyOf(values, groupId, provider)
  }
  /** A needed field that was left empty says so before anything is sent. */
  const leave = (part: 'connection_data' | 'auth_data') => (name: string) => {
    const path = `${part}.${name}`
    const words = errorsOf(form.getValues(), provider, kept, t('form.required'))[path]
    if (words !== undefined) form.setFieldError(path, words)
  }
  const send = async () => {
    const body = check()
    if (body === null) return
    const saved = await submit(() => save(body))
    if (saved === undefined) return
    draft.forget()
    await onSaved(saved)
  }
  const discard = () => {
    draft.forget()
    replace(startOf(providers, connection))
  }
  return (
    <Form
      label={connection ? t('connection.change') : t('connection.new')}
      onSubmit={(event) => {
        event.preventDefault()
        void send()
      }}
    >
      <DraftNotice restored={draft.restored} onDiscard={discard} />
      <Section title={t('connection.what')}>
        <FormRow>
          <TextInput label={t('common.name')} required maxLength={128} {...form.getInputProps('name')} />
          <Select
            label={t('connection.type')}
            required
            allowDeselect={false}
            data={typeOptions(providers, title, t('connection.keptOnly'))}
            {...form.getInputProps('type')}
            onChange={(type) => type !== null && replace(withType(values, providers, type))}
          />
        </FormRow>
        <Textarea
          mt="md"
          label={t('common.description')}
          autosize
          minRows={1}
          maxLength={512}
          {...form.getInputProps('description')}
        />
      </Section>
      {provider !== undefined && (
        <Section title={t('connection.where')}>
          <div key={`${values.type}.${round}`} className="stack">
            {variantsOf(provider.spec).length > 1 && (
              <Select
                label={t('connection.variant')}
                data={variantsOf(provider.spec).map((one) => ({
                  value: one.type,
                  label: t(`variant.${one.type as 'iceberg_rest_s3_direct'}`, { defaultValue: one.title }), // the catalogue's keys
                }))}
                value={textOf(values.connection_data['type'])}
                allowDeselect={false}
                onChange={(type) => type !== null && replace(withVariant(values, provider, type))}
              />
            )}
            <SchemaFields
              onLeave={leave('connection_data')}
              schema={provider.spec}
              values={values.connection_data}
              errors={errorsUnder(form.errors, 'connection_data')}
              onChange={(name, value) => {
                form.setFieldValue('connection_data', { ...form.getValues().connection_data, [name]: value })
                form.clearFieldError(`connection_data.${name}`)
              }}
            />
            {waysOf(provider, values).length > 1 && (
              <Select
                label={t('connection.authWay')}
                data={waysOf(provider, values).map(({ type, title: words }) => ({
                  value: type,
                  label: t(`way.${type as 'basic'}`, { defaultValue: hubWords(words ?? type) }), // the keys of the catalogue
                }))}
                value={textOf(values.auth_data['type'])}
                allowDeselect={false}
                onChange={(type) => type !== null && replace(withWay(values, provider, type))}
              />
            )}
            {way !== undefined && (
              <SchemaFields
                onLeave={leave('auth_data')}
                schema={way.schema}
                values={values.auth_data}
                secretsKept={kept}
                errors={errorsUnder(form.errors, 'auth_data')}
                onChange={(name, value) => {
                  form.setFieldValue('auth_data', { ...form.getValues().auth_data, [name]: value })
                  form.clearFieldError(`auth_data.${name}`)
                }}
              />
            )}
          </div>
        </Section>
      )}
      {error !== null && <Failure error={error} />}
      <TestUntried check={check} connectionId={connection?.id} canTest={provider?.can.check === true} />
      <FormActions>
        <Button type="submit" loading={busy}>
          {connection ? t('common.save') : t('connection.create')}
        </Button>
      </FormActions>
      <CallSamples
        method={connection ? 'PUT' : 'POST'}
        path={connection ? `/v1/connections/${connection.id}` : '/v1/connections'}
        body={bodyOf(values, groupId, provider)}
        cli={connection ? null : connectionCommand(bodyOf(values, groupId, provider))}
      />
    </Form>
  )
}

/** What the engine carries comes first; the others are kept for the day that it does. */
function typeOptions(providers: Provider[], title: (type: string) => string, keptOnly: string) {
  const carried = ({ can }: Provider) => can.source || can.target || can.check
  const first = ({ can }: Provider) => Number(can.source || can.target) * 2 + Number(can.check)
  return providers
    .toSorted((a, b) => first(b) - first(a))
    .map((one) => ({
      value: one.provider,
      label: carried(one) ? title(one.provider) : `${title(one.provider)} – ${keptOnly}`,
    }))
}

/** The form's errors under one of its parts, by the part's own field names. */
function errorsUnder(errors: Record<string, unknown>, part: string): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(errors)
      .filter(([path]) => path.startsWith(`${part}.`))
      .map(([path, message]) => [path.slice(part.length + 1), String(message)]),
  )
}
