import type { OutputFile } from '../store/file/output.ts'
import type { Emit } from './job.ts'

/**
 * Makes a written file visible, with the same promise as a table's commit: its temporary name is the witness.
 * Gone after `prepared`, the file has been moved; still there, it has not. Whatever fails, the file is
 * abandoned here, but only when the listener has forgotten what it kept.
 */
export async function commitFile(
  output: OutputFile,
  prepared: { rows: number; mark: string | undefined },
  emit: Emit,
  signal: AbortSignal,
): Promise<number> {
  try {
    await emit({ type: 'prepared', ...prepared, witness: true })
    signal.throwIfAborted()
    return await output.commit()
  } catch (error) {
    await withdraw(output, emit)
    throw error
  }
}

async function withdraw(output: OutputFile, emit: Emit): Promise<void> {
  try {
    await emit({ type: 'withdrawn' })
  } catch {
    // Whoever keeps that it was prepared will look for the temporary file.
    return
  }
  await output.abandon()
}
