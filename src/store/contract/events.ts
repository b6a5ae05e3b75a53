import type { Registry } from '../../rules/registry.ts'

/** Something that happened, as EventBridge would be told. */
export interface Event {
  /** A UUID. */
  readonly id: string
  readonly registry: Registry
  /** Epoch milliseconds. */
  readonly occurredAt: number
  readonly detailType: string
  /** ARNs. */
  readonly resources: readonly string[]
  readonly detail: object
}

export interface StoredEvent extends Event {
  /** Grows with every event; the order in which they were committed. */
  readonly sequence: number
}

export interface EventReads {
  /** Oldest first, those after `after`. */
  list(page: { after: number; limit: number }): Promise<StoredEvent[]>
  sequenceOf(id: string): Promise<number | undefined>
  /** Of the newest event; 0 when there is none. */
  lastSequence(): Promise<number>
}

export interface EventWrites {
  append(event: Event): Promise<void>
}
