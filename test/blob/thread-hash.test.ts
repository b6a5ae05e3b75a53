import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type HashThread, hashThread } from '../../src/blob/thread-hash.ts'
import { digestOf, hexOf } from '../../src/rules/digest.ts'

describe('hashThread', () => {
  let directory: string
  let file: string
  let thread: HashThread
  const bytes = randomBytes(3_000_000)
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ecr-local-hash-'))
    file = join(directory, 'bytes')
    writeFileSync(file, bytes)
    thread = hashThread()
  })
  afterEach(async () => {
    await thread.close()
    rmSync(directory, { recursive: true })
  })

  it('goes on from the beginning of a file', async () => {
    const hash = await thread.begin(file, 1_000_000, 'sha256')
    await hash.update([bytes.subarray(1_000_000, 1_000_001), bytes.subarray(1_000_001)])
    expect(await hash.digest()).toBe(hexOf(digestOf(bytes)))
  })

  it('takes along memory that is all a piece has, and leaves what others have part of', async () => {
    const [first, second] = [Uint8Array.from(bytes.subarray(0, 1000)), bytes.subarray(1000)]
    const whole = Uint8Array.from(bytes)
    const hash = await thread.begin(file, 0, 'sha256')
    await hash.update([first, second])
    expect(await hash.digest()).toBe(hexOf(digestOf(whole)))
    expect(first.length).toBe(0)
    expect(second.equals(whole.subarray(1000))).toBe(true)
  })

  it('says that a file is missing in the words of the file system', async () => {
    await expect(thread.begin(join(directory, 'gone'), 1, 'sha256')).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('leaves nobody waiting for a thread that has ended, and begins another for who comes then', async () => {
    const hash = await thread.begin(file, 1, 'sha256')
    await thread.close()
    const ended = 'The thread that hashes has ended'
    await expect(hash.update([bytes.subarray(1)])).rejects.toThrow(ended)
    await expect(hash.digest()).rejects.toThrow(ended)
    const next = await thread.begin(file, bytes.length, 'sha256')
    expect(await next.digest()).toBe(hexOf(digestOf(bytes)))
  })

  it('runs wherever the program itself comes from the command line', () => {
    const source = new URL('../../src/blob/thread-hash.ts', import.meta.url).href
    const program = `
      import { hashThread } from '${source}'
      const thread = hashThread()
      const hash = await thread.begin(${JSON.stringify(file)}, ${bytes.length}, 'sha256')
      process.stdout.write(await hash.digest())
      await thread.close()`
    const run = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program])
    expect(run.stderr.toString()).toBe('')
    expect(run.stdout.toString()).toBe(hexOf(digestOf(bytes)))
  })
})
