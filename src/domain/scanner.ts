import type { Findings } from '../rules/finding.ts'

/** A program that looks into images. */
export interface Scanner {
  /**
   * Scans what `layOut` writes into a directory, until the signal aborts: one image, as an OCI image layout.
   *
   * @throws ScanFailed when it finds no answer
   */
  scan(layOut: (directory: string, signal: AbortSignal) => Promise<void>): Promise<Findings>
  /** Ends a scan under way, which then rejects with another error than ScanFailed. */
  stop(): void
}

/** A scan that ended without an answer; the message says why. */
export class ScanFailed extends Error {
  override readonly name = 'ScanFailed'
}
