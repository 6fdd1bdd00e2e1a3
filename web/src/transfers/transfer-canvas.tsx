import {
  Background,
  type Edge,
  Handle,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
} from '@xyflow/react'
import '@xyflow/react/dist/base.css'
import { useEffect, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ActionButton } from '../ui/action-button.tsx'
import { Icon, type IconName } from '../ui/icon.tsx'
import { Section } from '../ui/section.tsx'
import { endText } from './end-text.ts'
import classes from './transfer-canvas.module.css'
import type { TransferValues } from './transfer-values.ts'
import { STEPS, type Step, TransformationFields } from './transformation-fields.tsx'
import { SideFields, type WayProps } from './way-of-data.tsx'

type Place = 'source' | Step | 'target'

interface StepData extends Record<string, unknown> {
  place: Place
  title: string
  words: string
  icon: IconName
  chosen: boolean
  /** Downwards, where the window is narrow. */
  down: boolean
}

const ICONS: Record<Place, IconName> = {
  source: 'schema',
  files: 'file',
  rows: 'filter',
  columns: 'table',
  sql: 'terminal',
  target: 'box',
}

const NODE_TYPES = { step: StepNode }
const [WIDE, HIGH, GAP] = [190, 64, 48]

/** The transfer as a drawing: each step on the data's way is a node, and the chosen one's form stands below. */
export function TransferCanvas(props: WayProps) {
  const { t } = useTranslation()
  const { form, sides, columns } = props
  const values = form.getValues()
  const source = sides.source?.kind ?? null
  const [added, setAdded] = useState<ReadonlySet<Step>>(new Set())
  const [chosen, setChosen] = useState<Place>('source')
  const fits = STEPS.filter((step) => step !== 'files' || source === 'file')
  const steps = fits.filter((step) => added.has(step) || isUsed(step, values))
  const places: Place[] = ['source', ...steps, 'target']
  const at = places.includes(chosen) ? chosen : 'source'
  const titleOf = useTitles()
  const wordsOf = useWords(props)
  const remove = (step: Step) => {
    clear(step, props)
    setAdded(new Set([...added].filter((one) => one !== step)))
    setChosen('source')
  }
  const add = (step: Step) => {
    setAdded(new Set([...added, step]))
    setChosen(step)
  }
  return (
    <>
      <Section
        title={t('canvas.label')}
        lead={t('canvas.words')}
        actions={
          <div className={classes.adders} role="group" aria-label={t('canvas.add')}>
            {fits
              .filter((step) => !steps.includes(step))
              .map((step) => (
                <ActionButton key={step} size="xs" icon="plus" onClick={() => add(step)}>
                  {titleOf(step)}
                </ActionButton>
              ))}
          </div>
        }
        flush
      >
        <ReactFlowProvider>
          <Drawing
            key={places.join('.')}
            places={places}
            chosen={at}
            onChoose={setChosen}
            titleOf={titleOf}
            wordsOf={wordsOf}
          />
        </ReactFlowProvider>
      </Section>
      <Section
        title={titleOf(at)}
        lead={
          at === 'source'
            ? t('transfer.sourceWords')
            : at === 'target'
              ? t('transfer.targetWords')
              : undefined
        }
        actions={
          at === 'source' || at === 'target' ? undefined : (
            <ActionButton size="xs" icon="trash" onClick={() => remove(at)}>
              {t('canvas.remove')}
            </ActionButton>
          )
        }
      >
        {at === 'source' || at === 'target' ? (
          <SideFields key={at} side={at} {...props} />
        ) : (
          <TransformationFields key={at} form={form} columns={columns} source={source} steps={[at]} />
        )}
      </Section>
    </>
  )
}

interface DrawingProps {
  places: Place[]
  chosen: Place
  onChoose: (place: Place) => void
  titleOf: (place: Place) => string
  wordsOf: (place: Place) => string
}

function Drawing({ places, chosen, onChoose, titleOf, wordsOf }: DrawingProps) {
  const { t } = useTranslation()
  const flow = useReactFlow()
  const down = useIsNarrow()
  const nodes = places.map((place, index): Node<StepData> => {
    const [title, words] = [titleOf(place), wordsOf(place)]
    const along = index * ((down ? HIGH : WIDE) + GAP)
    return {
      id: place,
      type: 'step',
      position: down ? { x: 0, y: along } : { x: along, y: 0 },
      width: WIDE,
      height: HIGH,
      selected: place === chosen,
      ariaRole: 'button',
      ariaLabel: t('canvas.stepOf', { number: index + 1, total: places.length, name: title, words }),
      domAttributes: { 'aria-pressed': place === chosen },
      data: { place, title, words, icon: ICONS[place], chosen: place === chosen, down },
    }
  })
  const edges = useMemo(
    () =>
      places.slice(1).map((target, index): Edge => {
        const source = places[index] ?? 'source'
        return { id: `${source}-${target}`, source, target, focusable: false, selectable: false }
      }),
    [places],
  )
  useEffect(() => {
    void flow.fitView({ padding: 0.15, maxZoom: 1 })
  }, [flow, down])
  return (
    <div
      className={classes.drawing}
      data-down={down || undefined}
      style={{ height: heightOf(places.length, down) }}
    >
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        fitView
        fitViewOptions={{ padding: 0.15, maxZoom: 1 }}
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={false}
        deleteKeyCode={null}
        // The page scrolls as everywhere; who wants to look closer has the browser's own zoom.
        zoomOnScroll={false}
        preventScrolling={false}
        panOnDrag={!down}
        zoomOnDoubleClick={false}
        proOptions={{ hideAttribution: true }}
        ariaLabelConfig={{
          'node.a11yDescription.default': t('canvas.words'),
          'node.a11yDescription.keyboardDisabled': t('canvas.words'),
        }}
        onNodesChange={(changes) => {
          // The keyboard chooses by the library's own way, which says so by a change.
          for (const change of changes) {
            if (change.type === 'select' && change.selected) onChoose(placeOf(change.id, places))
          }
        }}
        onNodeClick={(_event, node) => onChoose(placeOf(node.id, places))}
      >
        <Background gap={18} size={1} color="var(--ct-line)" />
      </ReactFlow>
    </div>
  )
}

function StepNode({ data }: NodeProps<Node<StepData>>) {
  return (
    <div className={classes.node} data-chosen={data.chosen || undefined}>
      {data.place !== 'source' && (
        <Handle type="target" position={data.down ? Position.Top : Position.Left} isConnectable={false} />
      )}
      <Icon name={data.icon} size={18} />
      {/* Read out with a space between. */}
      <span className={classes.title}>{data.title}</span> <span className={classes.words}>{data.words}</span>
      {data.place !== 'target' && (
        <Handle type="source" position={data.down ? Position.Bottom : Position.Right} isConnectable={false} />
      )}
    </div>
  )
}

const placeOf = (id: string, places: Place[]): Place => places.find((place) => place === id) ?? 'source'

const heightOf = (count: number, down: boolean): number => (down ? count * (HIGH + GAP) + 24 : 180)

function useIsNarrow(): boolean {
  const query = '(max-width: 48em)'
  const [narrow, setNarrow] = useState(() => matchMedia(query).matches)
  useEffect(() => {
    const list = matchMedia(query)
    const hear = () => setNarrow(list.matches)
    list.addEventListener('change', hear)
    return () => list.removeEventListener('change', hear)
  }, [])
  return narrow
}

function isUsed(step: Step, values: TransferValues): boolean {
  switch (step) {
    case 'files':
      return values.file_filters.length > 0
    case 'rows':
      return values.row_filters.length > 0
    case 'columns':
      return values.column_filters.length > 0
    case 'sql':
      return values.sql.trim() !== ''
  }
}

function clear(step: Step, { form }: WayProps): void {
  if (step === 'sql') form.setFieldValue('sql', '')
  else if (step === 'files') form.setFieldValue('file_filters', [])
  else if (step === 'rows') form.setFieldValue('row_filters', [])
  else form.setFieldValue('column_filters', [])
}

function useTitles(): (place: Place) => string {
  const { t } = useTranslation()
  const titles = {
    source: t('transfer.source'),
    files: t('transform.files'),
    rows: t('transform.rows'),
    columns: t('transform.columns'),
    sql: t('transform.sql'),
    target: t('transfer.target'),
  }
  return (place) => titles[place]
}

/** What a step does as it stands, in few words. */
function useWords({ form, connections, sides }: WayProps): (place: Place) => string {
  const { t } = useTranslation()
  const values = form.getValues()
  const end = (side: 'source' | 'target') => {
    const id = values[`${side}_connection_id`]
    const connection = connections.find((one) => String(one.id) === id)
    const chosen = sides[side]
    if (connection === undefined || chosen === null) return t('canvas.notChosen')
    const { table_name, directory_path, file_name, file_name_template } = values[`${side}_params`]
    const name = side === 'source' ? file_name : file_name_template
    const text =
      chosen.kind === 'database'
        ? endText({ type: chosen.type, table_name })
        : endText({ type: chosen.type, directory_path, file_name: name })
    return text === '' ? connection.name : `${connection.name}: ${text}`
  }
  return (place) => {
    switch (place) {
      case 'source':
      case 'target':
        return end(place)
      case 'files':
        return t('canvas.filters', { count: values.file_filters.length })
      case 'rows':
        return t('canvas.filters', { count: values.row_filters.length })
      case 'columns':
        return t('canvas.columns', { count: values.column_filters.length })
      case 'sql':
        return values.sql.trim().slice(0, 60) || t('canvas.notChosen')
    }
  }
}
