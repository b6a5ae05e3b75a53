import { writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parse } from './options.ts'
import { absence, type Outcome } from './outcome.ts'
import { ecrLocal } from './peers/ecr-local.ts'
import { type Profiled, type ProfiledBuild, page } from './profile/page.ts'
import { beginRecording, endRecording, recordable } from './profile/recording.ts'
import { profileStart } from './profile/starts.ts'
import { Tally } from './profile/tally.ts'
import { describeMachine } from './report/machine.ts'
import { runStage } from './run.ts'
import { isWanted, stagesOf } from './scenarios/index.ts'
import { START } from './starts.ts'

/* Tells where builds of this program spend their time under the load of the benchmark: see README.md beside this file. */

/** One of each kind: the others differ from them by a number. */
const USUAL = [
  START,
  'push of a small image',
  'GET manifest by tag, 32',
  'HEAD blob, 32',
  'pull of a small image',
  'push of 256 MiB by POST and PUT',
  'tags list of 10,000 tags, first page',
  'GetAuthorizationToken',
  'DescribeImages, pages of 100 of 1,000 ',
]

const args = process.argv.slice(2)
const plan = parse(args)
if (plan.peers.length > 0 || plan.json)
  throw new Error('A profile is of builds of ecr-local, and written as --markdown')
const parts = plan.scenarios.length > 0 ? plan.scenarios : USUAL
const stages = stagesOf(parts)
const isStartWanted = isWanted(START, parts)
if (stages.length === 0 && !isStartWanted) throw new Error('No such scenario')

const builds = plan.entries.map(({ name, path }) => ({
  peer: ecrLocal(name, path),
  dist: dirname(resolve(path)),
}))
for (const { peer } of builds) {
  const missing = peer.missing()
  if (missing) throw new Error(missing)
}
const scenarios = [
  ...(isStartWanted ? [START] : []),
  ...stages.flatMap((stage) => stage.scenarios.map(({ name }) => name)),
]
const found: Profiled[] = scenarios.map((scenario) => ({
  scenario,
  builds: builds.map(({ peer, dist }) => ({ name: peer.name, tally: new Tally(dist) })),
}))

if (isStartWanted)
  for (let round = 0; round < plan.rounds; round += 1)
    for (const { peer } of builds)
      try {
        foundOf(START, peer.name).tally.add(await profileStart(peer), 1)
      } catch (error) {
        tell(absence(START, peer.name, error))
      }

for (const stage of stages)
  await runStage(
    stage,
    builds.map(({ peer }) => recordable(peer)),
    plan,
    tell,
    async ({ name }, server, round) => {
      await beginRecording(server)
      const loaded = await round()
      foundOf(name, server.peer.name).tally.add(await endRecording(server), loaded.latencies.length)
      return loaded
    },
  )

const text = page(
  {
    date: new Date().toISOString(),
    command: ['npm run profile', ...(args.length > 0 ? ['--', ...args] : [])].join(' '),
    machine: describeMachine(),
    rounds: plan.rounds,
    seconds: plan.seconds,
  },
  found,
)
if (plan.markdown) writeFileSync(plan.markdown, text)
else console.log(text)

/** Speeds are none of this page; what went wrong is. */
function tell(outcome: Outcome): void {
  if (!('reason' in outcome)) return
  foundOf(outcome.scenario, outcome.server).absence = outcome.reason
  if (outcome.isFault) process.exitCode = 1
}

function foundOf(scenario: string, name: string): ProfiledBuild {
  const profiled = found.find((each) => each.scenario === scenario)
  return profiled?.builds.find((each) => each.name === name) as ProfiledBuild
}
