import { writeFileSync } from 'node:fs'
import { measureLimits } from './limits/limits.ts'
import { parse, usage } from './options.ts'
import type { Outcome } from './outcome.ts'
import { ecrLocal } from './peers/ecr-local.ts'
import { peers } from './peers/index.ts'
import type { Peer } from './peers/peer.ts'
import { describeMachine } from './report/machine.ts'
import { markdown } from './report/markdown.ts'
import { outcomesOf, type Report } from './report/report.ts'
import { figure } from './report/rows.ts'
import { table } from './report/table.ts'
import { runStage } from './run.ts'
import { isWanted, stagesOf } from './scenarios/index.ts'
import { runStarts, START } from './starts.ts'

/* Measures this program beside others that do the same, and prints what it finds: see README.md beside this file. */

const args = process.argv.slice(2)
const plan = parse(args)
const chosen = stagesOf(plan.scenarios)
const isStartWanted = isWanted(START, plan.scenarios)
if (chosen.length === 0 && !isStartWanted) throw new Error(`No such scenario.\n\n${usage}`)

for (const name of plan.peers)
  if (name !== 'none' && !peers.some((peer) => peer.name === name)) throw new Error(`No such peer: ${name}`)

const ours = plan.entries.map(({ name, path }) => ecrLocal(name, path))
const everybody = [
  ...ours,
  ...peers.filter(({ name }) => plan.peers.length === 0 || plan.peers.includes(name)),
]
const present = everybody.filter((peer) => peer.missing() === undefined)
const outcomes: Outcome[] = []
const tell = (outcome: Outcome): void => {
  outcomes.push(outcome)
}
const report: Report = {
  date: new Date().toISOString(),
  command: ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' '),
  plan,
  machine: describeMachine(),
  servers: everybody.map(factsOf),
  limits: await measureLimits(plan),
  scenarios: [
    ...(isStartWanted ? [START] : []),
    ...chosen.flatMap(({ scenarios }) => scenarios.map(({ name }) => name)),
  ],
  outcomes,
}
for (const [name, value] of report.machine) console.log(`${name}: ${value}`)
for (const { name, value, unit } of report.limits) console.log(`${name}: ${figure(value)} ${unit}`)
for (const { name, version, missing } of report.servers) console.log(`${name}: ${version ?? missing}`)

if (isStartWanted) {
  await runStarts(present, plan, tell)
  show([START])
}
for (const stage of chosen) {
  const contestants = present.filter(({ doors }) => doors.includes(stage.door))
  await runStage(stage, contestants, plan, tell)
  show(stage.scenarios.map(({ name }) => name))
}
if (plan.json) writeFileSync(plan.json, `${JSON.stringify(report, null, 2)}\n`)
if (plan.markdown) writeFileSync(plan.markdown, markdown(report))
// A wrong answer is worth no figures.
if (outcomes.some((outcome) => 'isFault' in outcome && outcome.isFault)) process.exitCode = 1

function factsOf(peer: Peer): Report['servers'][number] {
  const { name, durability } = peer
  const missing = peer.missing()
  return missing === undefined ? { name, durability, version: peer.version() } : { name, durability, missing }
}

function show(scenarios: readonly string[]): void {
  for (const name of scenarios) console.log(`\n${table(name, outcomesOf(report, name))}`)
}
