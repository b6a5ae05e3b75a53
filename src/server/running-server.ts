import type { Envelope } from '../domain/events.ts'
import type { Explanation } from '../domain/explain.ts'
import type { Fault } from '../domain/faults.ts'
import type { Quotas } from '../domain/quotas.ts'
import type { LifecycleReport } from '../domain/run-lifecycle.ts'
import type { ClockChange, ClockView } from '../operator/clock.ts'
import type { AccessQuestion } from '../operator/explain.ts'
import type { LifecycleQuestion } from '../operator/lifecycle.ts'
import type { PlantedFindings } from '../rules/planted-findings.ts'
import type { Registry } from '../rules/registry.ts'

/** A server that answers. */
export interface RunningServer {
  /** The endpoint of AWS clients, `http://localhost:3270`. */
  readonly url: string
  /** The host and port of the registry, `localhost:3270`. */
  readonly registry: string
  readonly port: number
  /** With `tls`: the endpoint for who wants HTTPS, `https://localhost:3270`; the same port answers both. */
  readonly httpsUrl: string | undefined
  /** With `tls`: the certificate, in PEM, of the CA that clients are to trust; none with `tlsCert`. */
  readonly ca: string | undefined
  /** Forgets everything, or everything of one registry. */
  reset(registry?: Registry): Promise<void>
  /** Moves or stops the server's clock; what became due is done before the promise resolves. */
  clock(change?: ClockChange): Promise<ClockView>
  /** What is planted for scans to find; a list that is given takes its place. */
  findings(planted?: readonly PlantedFindings[]): Promise<readonly PlantedFindings[]>
  /** What is planted to go wrong; a list that is given takes its place. */
  faults(planted?: readonly Fault[]): Promise<readonly Fault[]>
  /** What happened, oldest first, as EventBridge would be told; after the event with the id `after`. */
  events(after?: string): Promise<Envelope[]>
  /** Whether the policies let a principal do something, and which statement decided. */
  explain(question: AccessQuestion): Promise<Explanation>
  /** Evaluates lifecycle policies now, and does what they say; with `dryRun` explains each image instead. */
  lifecycle(question?: LifecycleQuestion): Promise<LifecycleReport[]>
  /** Stops answering and lets go of everything, within a second. */
  close(): Promise<void>
}

export interface StartOptions {
  /** Quotas that differ from those of a new AWS account. */
  readonly quotas?: Partial<Quotas> | undefined
}
