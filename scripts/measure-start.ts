import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { currentMemory } from '../test/support/measured.ts'
import { launch } from '../test/support/program.ts'

/*
 * Starts the built program again and again, and prints how long it takes from the start of the process to the
 * first answers, and the memory that it has when it was left alone for two seconds:
 *
 *   npx tsx scripts/measure-start.ts [RUNS]
 */

const IDLE_MILLISECONDS = 2000

const runs = Number(process.argv[2] ?? 10)

interface Start {
  readonly health: number
  readonly createRepository: number
  readonly memory: number
}

async function measure(...flags: string[]): Promise<Start> {
  const startedAt = performance.now()
  const since = (): number => performance.now() - startedAt
  const program = await launch([...flags, '--log-level', 'error'])
  await mustBeOk(fetch(`${program.url}/_ecr-local/health`))
  const health = since()
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.CreateRepository',
  }
  await mustBeOk(fetch(program.url, { method: 'POST', headers, body: '{"repositoryName":"first"}' }))
  const createRepository = since()
  await new Promise((resolve) => setTimeout(resolve, IDLE_MILLISECONDS))
  const memory = currentMemory(program.process.pid as number)
  await program.stop()
  return { health, createRepository, memory }
}

async function mustBeOk(answer: Promise<Response>): Promise<void> {
  const { status } = await answer
  if (status !== 200) throw new Error(`Answered ${status}`)
}

function median(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b)
  return (sorted[Math.floor(sorted.length / 2)] as number).toFixed(0)
}

for (const kind of ['--in-memory', '--data-dir']) {
  const starts: Start[] = []
  for (let run = 0; run < runs; run += 1) {
    const directory = mkdtempSync(join(tmpdir(), 'ecr-local-measure-'))
    starts.push(await measure(kind, ...(kind === '--data-dir' ? [directory] : [])))
    rmSync(directory, { recursive: true })
  }
  const of = (what: keyof Start): string => median(starts.map((start) => start[what]))
  console.log(
    `${kind}: health after ${of('health')} ms, CreateRepository after ${of('createRepository')} ms, ` +
      `${of('memory')} MiB idle (medians of ${runs})`,
  )
}
