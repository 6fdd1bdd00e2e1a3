import { type ErrorComponentProps, useRouter } from '@tanstack/react-router'
import { Failure } from '../ui/page-state.tsx'
import classes from './frame-failure.module.css'

/** Stands in for a page, or for the whole frame, that could not be drawn. */
export function FrameFailure({ error }: ErrorComponentProps) {
  const router = useRouter()
  return (
    <div className={classes.failure}>
      <Failure error={error} onRetry={() => void router.invalidate()} />
    </div>
  )
}
