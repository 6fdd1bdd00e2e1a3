import type { Run, RunStatus } from '../api/runs.ts'

/** The middle of a bar's top, in the canvas's own pixels. */
export interface Bar {
  x: number
  y: number
}

type Shape = 'circle' | 'cross' | 'square' | 'triangle'

const SHAPES: Record<RunStatus, Shape> = {
  CREATED: 'triangle',
  STARTED: 'triangle',
  SEND_STOP_SIGNAL: 'triangle',
  FINISHED: 'circle',
  FAILED: 'cross',
  STOPPED: 'square',
}

/** A state's shape over each bar, so that colour is never the only sign. */
export function drawMarks(
  context: CanvasRenderingContext2D,
  bars: readonly (Bar | undefined)[],
  runs: readonly Pick<Run, 'status'>[],
  colour: Record<RunStatus, string>,
): void {
  const size = 3.5 * devicePixelRatio
  context.save()
  // The line of rows, drawn before, is dashed.
  context.setLineDash([])
  context.lineWidth = 1.8 * devicePixelRatio
  for (const [index, { status }] of runs.entries()) {
    const bar = bars[index]
    if (bar === undefined) continue
    context.fillStyle = colour[status]
    context.strokeStyle = colour[status]
    drawMark(context, SHAPES[status], bar.x, bar.y - size * 2.2, size)
  }
  context.restore()
}

function drawMark(context: CanvasRenderingContext2D, shape: Shape, x: number, y: number, size: number): void {
  context.beginPath()
  switch (shape) {
    case 'circle':
      context.arc(x, y, size, 0, 2 * Math.PI)
      context.fill()
      return
    case 'square':
      context.fillRect(x - size, y - size, 2 * size, 2 * size)
      return
    case 'triangle':
      context.moveTo(x, y - size)
      context.lineTo(x + size, y + size)
      context.lineTo(x - size, y + size)
      context.fill()
      return
    case 'cross':
      context.moveTo(x - size, y - size)
      context.lineTo(x + size, y + size)
      context.moveTo(x + size, y - size)
      context.lineTo(x - size, y + size)
      context.stroke()
  }
}
