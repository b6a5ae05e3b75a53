import type { Registry } from '../../rules/registry.ts'

/** Jobs of one lane are done one after another, beside those of the other. */
export type Lane = 'main' | 'scans'

/** Work that is still to be done. */
export interface Job {
  readonly id: number
  readonly lane: Lane
  readonly kind: string
  readonly registry: Registry
  readonly payload: object
  /** Epoch milliseconds. */
  readonly dueAt: number
  /** How often it was tried and failed. */
  readonly attempts: number
}

export interface JobReads {
  /** The one of a lane that is due first, whenever that is. */
  next(lane: Lane): Promise<Job | undefined>
}

export interface JobWrites {
  insert(job: Omit<Job, 'id' | 'attempts'>): Promise<void>
  /** Counts a failed attempt and puts the job off. */
  postpone(id: number, dueAt: number): Promise<void>
  /** Has all jobs due so much earlier. */
  bringForward(milliseconds: number): Promise<void>
  delete(id: number): Promise<void>
}
