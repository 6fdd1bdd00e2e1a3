import { NumberInput, PasswordInput, Select, Switch, Textarea, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { JsonSchema } from '../../api/json-schema.ts'
import { FormRow } from '../form.tsx'
import { hubWords } from '../hub-words.ts'
import { PairsField } from './pairs-field.tsx'
import {
  choicesOf,
  isNullable,
  kindOf,
  propertiesOf,
  type SchemaValues,
  shapeOf,
  textOf,
} from './schema-values.ts'

interface SchemaFieldsProps {
  schema: JsonSchema
  values: SchemaValues
  onChange: (name: string, value: unknown) => void
  /** By property's name. */
  errors: Record<string, string | undefined>
  /** A field was left: the time to say that it is empty. */
  onLeave?: (name: string) => void
  /** The hub keeps this thing's secrets: an empty field leaves them as they are. */
  secretsKept?: boolean
}

/** A form's part, drawn from a provider's JSON Schema: a new provider needs no page of its own. */
export function SchemaFields({ schema, ...rest }: SchemaFieldsProps) {
  const fields = propertiesOf(schema, rest.values).filter(([, property]) => kindOf(property) !== 'fixed')
  const plain = fields.filter(([, property]) => !isBroad(property))
  const broad = fields.filter(([, property]) => isBroad(property))
  return (
    <>
      {plain.length > 0 && (
        <FormRow>
          {plain.map(([name, property]) => (
            <SchemaField key={name} name={name} property={property} schema={schema} {...rest} />
          ))}
        </FormRow>
      )}
      {broad.map(([name, property]) => (
        <SchemaField key={name} name={name} property={property} schema={schema} {...rest} />
      ))}
    </>
  )
}

const isBroad = (property: JsonSchema): boolean => ['pairs', 'list', 'long'].includes(kindOf(property))

interface SchemaFieldProps extends SchemaFieldsProps {
  name: string
  property: JsonSchema
}

function SchemaField({
  name,
  property,
  schema,
  values,
  onChange,
  errors,
  secretsKept = false,
  onLeave,
}: SchemaFieldProps) {
  const { t } = useTranslation()
  const label = useLabel()(name, property)
  const words = useFieldWords()
  const kind = kindOf(property)
  const value = values[name]
  const common = {
    label,
    error: errors[name],
    description: words(name, property),
    onBlur: () => onLeave?.(name),
    required:
      shapeOf(schema, values).required?.includes(name) === true &&
      !isNullable(property) &&
      !(secretsKept && kind === 'secret'),
  }
  const text = {
    ...common,
    value: textOf(value),
    placeholder: textOf(property.examples?.[0]) || undefined,
  }
  switch (kind) {
    case 'secret':
      return (
        <PasswordInput
          {...text}
          placeholder={secretsKept ? t('form.secretKept') : undefined}
          autoComplete="new-password"
          visibilityToggleButtonProps={{ 'aria-label': t('common.showPassword') }}
          onChange={(event) => onChange(name, event.currentTarget.value)}
        />
      )
    case 'number':
      return (
        <NumberInput
          {...common}
          value={typeof value === 'number' ? value : ''}
          {...(property.minimum !== undefined && { min: property.minimum })}
          {...(property.maximum !== undefined && { max: property.maximum })}
          allowDecimal={property.type !== 'integer'}
          hideControls
          onChange={(next) => onChange(name, next)}
        />
      )
    case 'boolean':
      return (
        <Switch
          label={label}
          description={words(name, property)}
          checked={value === true}
          error={errors[name]}
          onChange={(event) => onChange(name, event.currentTarget.checked)}
        />
      )
    case 'choice':
      return (
        <Select
          {...common}
          data={choicesOf(property)}
          value={textOf(value) || null}
          allowDeselect={!common.required}
          onChange={(next) => onChange(name, next ?? '')}
        />
      )
    case 'pairs':
      return <PairsField {...common} values={pairs(value)} onChange={(next) => onChange(name, next)} />
    case 'list':
      return (
        <Textarea
          {...common}
          description={t('form.onePerLine')}
          autosize
          minRows={2}
          value={Array.isArray(value) ? value.join('\n') : ''}
          onChange={(event) =>
            onChange(
              name,
              event.currentTarget.value.split('\n').filter((line) => line !== ''),
            )
          }
        />
      )
    case 'long':
      return (
        <Textarea
          {...text}
          autosize
          minRows={3}
          onChange={(event) => onChange(name, event.currentTarget.value)}
        />
      )
    case 'text':
      return (
        <TextInput
          {...text}
          autoComplete="off"
          onChange={(event) => onChange(name, event.currentTarget.value)}
        />
      )
    case 'fixed':
      return null
  }
}

/** The known fields have names in every language; a provider's own ones speak for themselves. */
export function useLabel(): (name: string, property?: JsonSchema) => string {
  const { t, i18n } = useTranslation()
  return (name, property) => {
    const key = `field.${name}`
    // The key is made of data; whether it is in the catalogue is asked first.
    if (i18n.exists(key)) return t(key as 'field.host')
    if (property?.title !== undefined) return hubWords(property.title)
    return name.replaceAll('_', ' ').replace(/^./, (first) => first.toUpperCase())
  }
}

/** What is said under a field: the catalogue's words where it has some, else the provider's own. */
function useFieldWords(): (name: string, property: JsonSchema) => string | undefined {
  const { t, i18n } = useTranslation()
  return (name, property) => {
    const key = `fieldWords.${name}`
    return i18n.exists(key)
      ? t(key as 'fieldWords.directory')
      : property.description && hubWords(property.description) // asked first, as above
  }
}

function pairs(value: unknown): Record<string, unknown> {
  // A JSON object, by the schema.
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
