import { describe, expect, it } from 'vitest'
import { type CpuProfile, type Frame, selfTimes } from '../../scripts/bench/profile/cpu-profile.ts'
import { page } from '../../scripts/bench/profile/page.ts'
import { placeOf } from '../../scripts/bench/profile/places.ts'
import { Tally } from '../../scripts/bench/profile/tally.ts'

const DIST = '/build/dist'

function frame(functionName: string, url = ''): Frame {
  return { functionName, url, lineNumber: 6 }
}

/** Ten milliseconds: 4 of idleness, 1 in a function of the store, 5 in SQLite that it called. */
const profile: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2, 3] },
    { id: 2, callFrame: frame('(idle)') },
    { id: 3, callFrame: frame('findTag', `file://${DIST}/store/images.js`), children: [4] },
    { id: 4, callFrame: frame('get'), children: [5] },
    { id: 5, callFrame: frame('get') },
  ],
  startTime: 1000,
  endTime: 11_000,
  samples: [2, 3, 4, 5],
  timeDeltas: [0, 4000, 1000, 2000],
}

describe('the self time of a function', () => {
  it('lasts from its sample to the next one, the last one to the end', () => {
    const times = selfTimes(profile).map(({ frame: { functionName }, microseconds }) => [
      functionName,
      microseconds,
    ])
    expect(times).toEqual([
      ['(idle)', 4000],
      ['findTag', 1000],
      ['get', 2000],
      ['get', 3000],
    ])
  })

  it('has the JavaScript that called it, beyond native functions', () => {
    const callers = selfTimes(profile).map(({ caller }) => caller?.functionName)
    expect(callers).toEqual([undefined, undefined, 'findTag', 'findTag'])
  })

  it('has what asked for it, beyond what is of Node.js', () => {
    const ofNode: CpuProfile = {
      ...profile,
      nodes: profile.nodes.map((node) =>
        node.id === 4 ? { ...node, callFrame: frame('writeSync', 'node:fs') } : node,
      ),
    }
    const { caller, asker } = selfTimes(ofNode).at(-1) ?? {}
    expect([caller?.functionName, asker?.functionName]).toEqual(['writeSync', 'findTag'])
  })
})

describe('a place', () => {
  it.each([
    ['(idle)', '', undefined, 'idle'],
    ['(garbage collector)', '', undefined, 'garbage collection'],
    ['get', '', `file://${DIST}/store/images.js`, 'SQLite'],
    ['get', '', '/build/node_modules/better-sqlite3/lib/methods/wrappers.js', 'SQLite'],
    ['writeBuffer', '', 'node:internal/stream_base_commons', 'sockets: written, shut down'],
    ['writeBuffer', '', 'node:fs', 'files'],
    ['parse', '', `file://${DIST}/ecr/door.js`, 'dist/ecr'],
    ['onFinish', 'node:_http_server', undefined, 'node:http, node:net, streams'],
    ['update', 'node:internal/crypto/hash', undefined, 'hashing and cryptography'],
    ['write', `file://${DIST}/server/log-lines.js`, undefined, 'the log'],
    ['write', '/build/node_modules/sonic-boom/index.js', undefined, 'the log'],
    ['main', `file://${DIST}/main.js`, undefined, 'dist (main.js, server.js, …)'],
    ['parse', 'file:///build/node_modules/@aws/x/dist/y.js', undefined, 'package @aws/x'],
    ['f', 'file:///a%20build/dist/main.js', undefined, 'others'],
  ])('of %s in %j, called by %j, is %s', (functionName, url, caller, expected) => {
    const time = {
      frame: frame(functionName, url),
      caller: caller === undefined ? undefined : frame('caller', caller),
      asker: undefined,
      microseconds: 1,
    }
    expect(placeOf(time, DIST)).toBe(expected)
  })
})

describe('a file', () => {
  const time = { frame: frame('writeBuffer'), caller: frame('writeSync', 'node:fs'), microseconds: 1 }

  it('is the log where the log asked for it', () => {
    const asker = frame('write', `file://${DIST}/server/log-lines.js`)
    expect(placeOf({ ...time, asker }, DIST)).toBe('the log')
  })

  it('is a file where anybody else did', () => {
    const asker = frame('append', `file://${DIST}/blob/disk.js`)
    expect(placeOf({ ...time, asker }, DIST)).toBe('files')
  })
})

describe('the page', () => {
  const facts = { date: '2026-01-02T03:04:05Z', command: 'profile', machine: [], rounds: 1, seconds: 1 }

  it('has places and functions by operation and percent of what was not idle', () => {
    const tally = new Tally(DIST)
    tally.add(profile, 10)
    const text = page(facts, [{ scenario: 'GET', builds: [{ name: 'before', tally }] }])
    expect(text).toContain('| idle, of all time | 400 | 40.0 |')
    expect(text).toContain('| **not idle** | 600 | 100 |')
    expect(text).toContain('| SQLite | 500 | 83.3 |\n| dist/store | 100 | 16.7 |')
    expect(text).toContain('| `get native, for dist/store/images.js` | 500 | 83.3 |')
    expect(text).toContain('| `findTag dist/store/images.js:7` | 100 | 16.7 |')
  })

  it('says why there is no profile of a build', () => {
    const builds = [{ name: 'before', tally: new Tally(DIST), absence: 'its schema is older' }]
    const text = page(facts, [{ scenario: 'GET', builds }])
    expect(text).toContain('Of `before` there is no whole profile: its schema is older')
    expect(text).not.toContain('not idle**')
  })
})
