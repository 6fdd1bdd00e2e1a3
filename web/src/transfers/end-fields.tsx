import { Checkbox, Select, TextInput } from '@mantine/core'
import type { UseFormReturnType } from '@mantine/form'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { BrowseItem, Connection } from '../api/connections.ts'
import { BrowseTree } from '../connections/browse-tree.tsx'
import { ActionButton } from '../ui/action-button.tsx'
import { FormRow } from '../ui/form.tsx'
import { LinkButton } from '../ui/link-button.tsx'
import { PairsField } from '../ui/schema-form/pairs-field.tsx'
import classes from './end-fields.module.css'
import { FORMATS, formatOf, splitPath } from './file-format.ts'
import { FormatFields } from './format-fields.tsx'
import type { End, TransferValues } from './transfer-values.ts'

export type TransferForm = UseFormReturnType<TransferValues>

export interface ChosenEnd extends End {
  /** Its tables or folders can be looked at. */
  browsable: boolean
}

interface EndFieldsProps {
  side: 'source' | 'target'
  form: TransferForm
  connections: Connection[]
  /** Tables or files can stand behind it; of a webhook or a directory of people they cannot. */
  holdsData: (connection: Connection) => boolean
  /** What the chosen connection is; null until one is chosen. */
  end: ChosenEnd | null
  /** What is to be known of a connection on this side before one takes it: that the engine does not carry it. */
  caveat: (connection: Connection) => string | undefined
}

/** One end of a transfer: the connection, then the table or the files, by browsing or by name. */
export function EndFields({ side, form, connections, holdsData, end, caveat }: EndFieldsProps) {
  const { t } = useTranslation()
  const key = `${side}_connection_id` as const
  const connectionId = form.getValues()[key]
  const options = connections.filter(holdsData).map((connection) => {
    const words = caveat(connection)
    const label = words === undefined ? connection.name : `${connection.name} – ${words}`
    return { value: String(connection.id), label }
  })
  return (
    <div className={classes.end}>
      <div className={classes.connection}>
        <Select
          label={t('transfer.connection')}
          aria-label={side === 'source' ? t('transfer.sourceConnection') : t('transfer.targetConnection')}
          placeholder={t('transfer.chooseConnection')}
          required
          searchable
          allowDeselect={false}
          data={options}
          nothingFoundMessage={t('list.nothingFound')}
          {...form.getInputProps(key)}
        />
        {connections.length === 0 && (
          <LinkButton to="/connections/new" icon="plus">
            {t('connection.new')}
          </LinkButton>
        )}
      </div>
      {connectionId !== null && end?.kind === 'database' && (
        <TableFields side={side} form={form} connectionId={Number(connectionId)} end={end} />
      )}
      {connectionId !== null && end?.kind === 'file' && (
        <FileFields side={side} form={form} connectionId={Number(connectionId)} end={end} />
      )}
    </div>
  )
}

interface PlaceProps {
  side: 'source' | 'target'
  form: TransferForm
  connectionId: number
  end: ChosenEnd
}

function TableFields({ side, form, connectionId, end }: PlaceProps) {
  const { t } = useTranslation()
  const at = `${side}_params` as const
  const values = form.getValues()[at]
  const check = () => {
    const name = form.getValues()[at].table_name.trim()
    if (name === '') form.setFieldError(`${at}.table_name`, t('form.required'))
    else if (!name.includes('.')) form.setFieldError(`${at}.table_name`, t('transfer.tableRule'))
  }
  const pick = (item: BrowseItem) => {
    form.setFieldValue(`${at}.table_name`, item.path)
    form.clearFieldError(`${at}.table_name`)
  }
  return (
    <>
      <TextInput
        label={t('transfer.table')}
        description={side === 'target' ? t('transfer.targetTableWords') : t('transfer.sourceTableWords')}
        placeholder="public.orders"
        required
        autoComplete="off"
        classNames={{ input: 'mono' }}
        {...form.getInputProps(`${at}.table_name`)}
        onBlur={check}
      />
      {end.browsable && <Browser connectionId={connectionId} picked={values.table_name} onPick={pick} />}
      {side === 'target' && end.type === 'postgres' && (
        <Select
          label={t('transfer.write')}
          description={values.write === 'stage' ? t('transfer.stageWords') : t('transfer.directWords')}
          allowDeselect={false}
          data={[
            { value: 'stage', label: t('transfer.stage') },
            { value: 'direct', label: t('transfer.direct') },
          ]}
          {...form.getInputProps(`${at}.write`)}
        />
      )}
    </>
  )
}

function FileFields({ side, form, connectionId, end }: PlaceProps) {
  const { t } = useTranslation()
  const at = `${side}_params` as const
  const values = form.getValues()[at]
  const source = side === 'source'
  // Only the hub's own folder takes one file by name; of a store, the filters choose.
  const byName = source && end.type === 'local'
  const check = () => {
    const path = form.getValues()[at].directory_path.trim()
    if (path !== '' && !path.startsWith('/')) {
      form.setFieldError(`${at}.directory_path`, t('transfer.directoryRule'))
    }
  }
  const pick = (item: BrowseItem) => {
    if (item.kind === 'folder') {
      form.setFieldValue(`${at}.directory_path`, `/${item.path.replace(/^\/+|\/+$/g, '')}`)
      return
    }
    const place = splitPath(item.path)
    const format = formatOf(item.name)
    form.setFieldValue(at, {
      ...values,
      directory_path: place.directory_path,
      ...(byName && { file_name: place.file_name }),
      ...(format !== null && { file_format: format }),
    })
    form.clearFieldError(`${at}.directory_path`)
  }
  const file =
    values.file_name === '' ? '' : `${values.directory_path.replace(/\/$/, '')}/${values.file_name}`
  return (
    <>
      <FormRow>
        <TextInput
          label={t('transfer.directory')}
          description={t('transfer.directoryWords')}
          required
          autoComplete="off"
          {...form.getInputProps(`${at}.directory_path`)}
          onBlur={check}
        />
        {byName && (
          <TextInput
            label={t('transfer.file')}
            description={t('transfer.fileWords')}
            placeholder="orders*.csv"
            autoComplete="off"
            {...form.getInputProps(`${at}.file_name`)}
          />
        )}
        {!source && (
          <TextInput
            label={t('transfer.template')}
            description={t('transfer.templateWords')}
            required
            autoComplete="off"
            {...form.getInputProps(`${at}.file_name_template`)}
          />
        )}
      </FormRow>
      {end.browsable && (
        <Browser
          connectionId={connectionId}
          picked={byName ? file : values.directory_path}
          onPick={pick}
          folders
        />
      )}
      <FormatFields
        side={side}
        // SyncMaster writes no JSON into stores; our own folder takes it.
        formats={FORMATS.filter((one) => source || end.type === 'local' || one !== 'json')}
        format={values.file_format}
        onChange={(format) => form.setFieldValue(`${at}.file_format`, format)}
        errors={form.errors}
      />
      {end.type !== 'local' && (
        <PairsField
          label={t('transfer.options')}
          values={values.options}
          onChange={(next) => form.setFieldValue(`${at}.options`, next)}
        />
      )}
      {!source && end.type === 'local' && (
        <Checkbox
          label={t('transfer.overwrite')}
          description={t('transfer.overwriteWords')}
          {...form.getInputProps(`${at}.overwrite`, { type: 'checkbox' })}
        />
      )}
    </>
  )
}

interface BrowserProps {
  connectionId: number
  picked: string
  onPick: (item: BrowseItem) => void
  folders?: boolean
}

/** The tree, folded away until it is wanted. Names with and without a leading slash are one. */
function Browser({ connectionId, picked, onPick, folders = false }: BrowserProps) {
  const { t } = useTranslation()
  const [open, setOpen] = useState(picked === '' || picked === '/')
  return (
    <div>
      <ActionButton size="xs" icon={open ? 'chevronUp' : 'search'} onClick={() => setOpen(!open)}>
        {open ? t('transfer.closeBrowser') : t('transfer.browse')}
      </ActionButton>
      {open && (
        <div className={classes.tree}>
          <BrowseTree
            key={connectionId}
            connectionId={connectionId}
            picked={picked}
            folders={folders}
            onPick={onPick}
          />
        </div>
      )}
    </div>
  )
}
