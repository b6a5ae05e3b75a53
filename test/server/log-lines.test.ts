import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { gatherLines } from '../../src/server/log-lines.ts'
import { launch } from '../support/program.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('the lines of a log', () => {
  it('of one turn of the event loop are written at once, in their order', async () => {
    const write = vi.fn()
    const lines = gatherLines(write)
    for (const line of ['a\n', 'b\n', 'c\n']) lines.add(line)
    expect(write).not.toHaveBeenCalled()
    await turn()
    lines.add('d\n')
    await turn()
    await turn()
    expect(write.mock.calls).toEqual([['a\nb\nc\n'], ['d\n']])
  })

  const BUILT = fileURLToPath(new URL('../../dist/server/log.js', import.meta.url))
  it.each([
    ['pretty', 'process.exit(3)', 3],
    ['json', 'process.exit(3)', 3],
    ['pretty', "throw new Error('nobody catches this')", 1],
    ['json', "throw new Error('nobody catches this')", 1],
  ])('as %s are all there when the process ends by %s', async (logFormat, end, code) => {
    const script = `import { openLog } from ${JSON.stringify(BUILT)}
      const log = openLog({ logFormat: '${logFormat}', logLevel: 'info' })
      for (let line = 0; line < 50; line += 1) log.notice('line ' + line + ' of many')
      log.fault(new Error('the last words'))
      ${end}`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script])
    const ended = new Promise((resolve) => child.once('close', resolve))
    const written = await text(child.stderr)
    expect(await ended).toBe(code)
    expect(written.match(/line \d+ of many/g)).toEqual(
      Array.from({ length: 50 }, (_, n) => `line ${n} of many`),
    )
    expect(written).toContain('the last words')
  })
})

describe('a request', () => {
  let program: Awaited<ReturnType<typeof launch>> | undefined
  afterEach(async () => {
    await program?.stop()
  })

  /** What the program writes of two requests, one of ECR and one that is refused. */
  async function logOf(logFormat: string): Promise<string[]> {
    program = await launch(['--in-memory', '--log-format', logFormat])
    const headers = { 'content-type': 'application/x-amz-json-1.1' }
    for (const operation of ['DescribeRegistry', 'NoSuchThing'])
      await fetch(`${program.url}/?X-Amz-Signature=secret`, {
        method: 'POST',
        headers: { ...headers, 'x-amz-target': `AmazonEC2ContainerRegistry_V20150921.${operation}` },
        body: '{}',
      })
    const { stderr } = await program.stop()
    return stderr.trimEnd().split('\n')
  }

  it('has one line for people, with its operation, status and error, and nothing of its query', async () => {
    expect(await logOf('pretty')).toEqual([
      expect.stringMatching(/^\d\d:\d\d:\d\d\.\d{3} POST \/ DescribeRegistry 200 [\d.]+ ms$/),
      expect.stringMatching(
        /^\d\d:\d\d:\d\d\.\d{3} POST \/ NoSuchThing 400 UnknownOperationException [\d.]+ ms$/,
      ),
    ])
  })

  it('has one line for programs, with the same', async () => {
    const request = { level: 30, msg: 'request', method: 'POST', path: '/' }
    expect((await logOf('json')).map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ ...request, operation: 'DescribeRegistry', status: 200 }),
      expect.objectContaining({
        ...request,
        operation: 'NoSuchThing',
        status: 400,
        error: 'UnknownOperationException',
      }),
    ])
  })
})
