import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setInterval } from 'node:timers'
import { currentMemory } from '../../test/support/measured.ts'
import { plainClient } from '../../test/support/plain-client.ts'
import { launch } from '../../test/support/program.ts'
import { clientRounds } from './soak/client-rounds.ts'
import { plainWork } from './soak/plain-work.ts'

/*
 * Keeps the built program busy with pushes, pulls, lists and deletions at both doors, beside those of real clients
 * over HTTP and HTTPS, and prints its memory; fails when anything is not answered as it should be, or when the
 * memory grows:
 *
 *   npx tsx scripts/stress/soak.ts [MINUTES]
 */

const WORKERS = 8
const SAMPLES = 40
/** What the memory of the last quarter may have on top of that of the second. */
const TOLERANCE = 1.15

const minutes = Number(process.argv[2] ?? 10)
const until = Date.now() + minutes * 60_000
const dataDir = mkdtempSync(join(tmpdir(), 'ecr-local-soak-'))
// The region of the users whom the clients serve, for those who name none.
const options = ['--tls', '--region', 'eu-west-1', '--log-level', 'error']
const program = await launch(['--data-dir', dataDir, ...options])
const client = await plainClient(program.url)
const plain = plainWork(program.url, client)
const rounds = await clientRounds(program.url, client)
for (const name of rounds.missing)
  console.log(`${name} is not installed: see scripts/install-test-clients.sh`)

const roundsSoFar = (): number => [...rounds.counts.values()].reduce((sum, count) => sum + count, 0)
const memory: number[] = []
const sampling = setInterval(
  () => {
    memory.push(Math.round(currentMemory(program.process.pid as number)))
    const seconds = Math.round(minutes * 60 - (until - Date.now()) / 1000)
    console.log(`${seconds} s: ${memory.at(-1)} MiB, ${plain.answers} answers, ${roundsSoFar()} rounds`)
  },
  (minutes * 60_000) / SAMPLES,
)
try {
  await Promise.all([rounds.work(until), ...Array.from({ length: WORKERS }, () => plain.work(until))])
} catch (error) {
  console.error(error)
  process.exitCode = 1
}
clearInterval(sampling)
rounds.close()
const { code, stderr } = await program.stop()
rmSync(dataDir, { recursive: true })

const quarter = (number: number): number => {
  const samples = memory.slice(
    Math.floor((memory.length * (number - 1)) / 4),
    Math.floor((memory.length * number) / 4),
  )
  return samples.reduce((sum, one) => sum + one, 0) / samples.length
}
const [second, last] = [quarter(2), quarter(4)]
for (const [name, count] of rounds.counts) console.log(`${name}: ${count} rounds`)
console.log(
  `${plain.answers} answers; ${Math.round(second)} MiB in the second quarter, ${Math.round(last)} in the last`,
)
if (stderr) console.error(stderr)
if (stderr || code !== 0 || last > second * TOLERANCE) process.exitCode = 1
