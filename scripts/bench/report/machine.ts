import { execFileSync } from 'node:child_process'
import { cpus, release, tmpdir, totalmem, type } from 'node:os'

/** Where the figures come from, as lines of a name and a value. */
export function describeMachine(): [string, string][] {
  const processors = cpus()
  const filesystem = execFileSync('stat', ['-f', '-c', '%T', tmpdir()], { encoding: 'utf8' }).trim()
  return [
    ['processors', `${processors.length} × ${processors[0]?.model.trim()}`],
    ['memory', `${Math.round(totalmem() / 2 ** 30)} GiB`],
    ['system', `${type()} ${release()}, the data on ${filesystem}`],
    ['Node.js', process.version],
  ]
}
