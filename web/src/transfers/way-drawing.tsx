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
import { Icon, type IconName } from '../ui/icon.tsx'
import type { Place } from './step-words.ts'
import classes from './transfer-canvas.module.css'

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

interface DrawingProps {
  places: Place[]
  chosen: Place
  onChoose: (place: Place) => void
  titleOf: (place: Place) => string
  wordsOf: (place: Place) => string
}

/** The steps as nodes, the data's way as lines between them. Nothing can be moved: the order is the engine's. */
export function WayDrawing(props: DrawingProps) {
  return (
    <ReactFlowProvider>
      <Drawing key={props.places.join('.')} {...props} />
    </ReactFlowProvider>
  )
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
