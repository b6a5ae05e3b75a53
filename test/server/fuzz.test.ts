import { describe, expect, it } from 'vitest'
import { emulator } from '../support/emulator.ts'
import { fuzz } from '../support/fuzz.ts'

describe('requests that are nearly right', () => {
  const ecr = emulator()

  it.each([1, 2])('are answered, and are no fault of the server: seed %i', async (seed) => {
    const { statuses, failures } = await fuzz(ecr.server.url, { seed, requests: 400 })
    expect(failures).toEqual([])
    // They get past the validation often enough to mean something.
    expect(statuses[200]).toBeGreaterThan(20)
    expect((await fetch(`${ecr.server.url}/_ecr-local/health`)).status).toBe(200)
  })
})
