import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

/** Which rooms of src/ a room may import from. A room may always import from itself. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  'main.ts': ['config.ts', 'commands'],
  'index.ts': ['config.ts', 'server.ts', 'domain', 'rules'],
  'config.ts': ['config'],
  config: [],
  commands: ['config.ts', 'server.ts', 'protocol', 'rules'],
  'server.ts': [
    'config.ts',
    'server',
    'operator',
    'ecr',
    'sts',
    'distribution',
    'protocol',
    'generated',
    'domain',
    'store',
    'blob',
    'upstream',
    'rules',
  ],
  server: [
    'config.ts',
    'operator',
    'ecr',
    'sts',
    'distribution',
    'protocol',
    'generated',
    'domain',
    'store',
    'blob',
    'upstream',
    'rules',
  ],
  operator: ['domain', 'store', 'blob', 'rules'],
  ecr: ['protocol', 'generated', 'domain', 'lifecycle', 'store', 'blob', 'rules'],
  sts: ['protocol', 'generated', 'domain', 'store', 'rules'],
  distribution: ['domain', 'store', 'blob', 'rules'],
  protocol: [],
  generated: [],
  domain: ['lifecycle', 'store', 'blob', 'upstream', 'rules'],
  lifecycle: ['rules'],
  store: ['rules'],
  blob: ['rules'],
  upstream: ['protocol', 'rules'],
  rules: [],
}

/** Packages that only some rooms may use. */
const PACKAGES: Record<string, readonly string[]> = {
  express: ['server', 'server.ts', 'operator'],
  'better-sqlite3': ['store'],
  aws4: ['protocol'],
  xml2js: ['protocol'],
}

/** What takes long to load, and few servers need: only its own room may import it other than when it is wanted. */
const LAZY: readonly { what: RegExp; room: string }[] = [
  { what: /^\.\.?\/(?:.*\/)?tls\//, room: 'server/tls/' },
  { what: /^(?:@peculiar\/x509|reflect-metadata|node:tls)$/, room: 'server/tls/' },
]

const src = fileURLToPath(new URL('../src', import.meta.url))

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))

function roomOf(file: string): string {
  return file.split('/')[0] as string
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(src, file), 'utf8')
  const found = text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g)
  return [...found].map(([, specifier]) => specifier as string)
}

/** What is loaded with a file: neither a type is, nor what is imported within a function. */
function loadedWith(file: string): string[] {
  const text = readFileSync(join(src, file), 'utf8')
  const found = text.matchAll(/^(?:im|ex)port (?!type )(?:[^'()]* from )?'([^']+)'/gm)
  return [...found].map(([, specifier]) => specifier as string)
}

/** All that is loaded before any of these files runs: files of src/, and packages by their names. */
function loadedBefore(...entries: readonly string[]): Set<string> {
  const loaded = new Set(entries)
  for (const file of loaded)
    if (file.endsWith('.ts'))
      for (const specifier of loadedWith(file))
        loaded.add(
          specifier.startsWith('.') ? relative(src, resolve(join(src, dirname(file)), specifier)) : specifier,
        )
  return loaded
}

describe('the rooms of src/', () => {
  it('are all in the table', () => {
    const rooms = new Set(files.map(roomOf))
    expect([...rooms].filter((room) => !(room in MAY_IMPORT))).toEqual([])
  })

  it.each(files)('%s imports only what its room may', (file) => {
    const room = roomOf(file)
    const allowed = [room, ...(MAY_IMPORT[room] ?? [])]
    const strays = importsOf(file)
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => relative(src, resolve(join(src, dirname(file)), specifier)))
      .filter((target) => !allowed.includes(roomOf(target)))
    expect(strays).toEqual([])
  })

  it.each(files)('%s uses only packages that its room may', (file) => {
    const room = roomOf(file)
    const strays = importsOf(file).filter(
      (specifier) => specifier in PACKAGES && !PACKAGES[specifier]?.includes(room),
    )
    expect(strays).toEqual([])
  })

  it.each(files)('%s loads only when it is wanted what few servers need', (file) => {
    const loaded = loadedWith(file)
    const strays = LAZY.filter(({ room }) => !file.startsWith(room)).flatMap(({ what }) =>
      loaded.filter((specifier) => what.test(specifier)),
    )
    expect(strays).toEqual([])
  })

  it.each(files.filter((file) => roomOf(file) !== 'store'))(
    '%s takes the contract of the store from database.ts, whole',
    (file) => {
      const others = importsOf(file).filter((specifier) => /\/store\/contract\//.test(specifier))
      expect(others).toEqual([])
    },
  )

  it.each(
    files.filter((file) => ['rules', 'lifecycle', 'domain', 'store', 'ecr', 'sts'].includes(roomOf(file))),
  )('%s takes time from the clock that it is given', (file) => {
    expect(readFileSync(join(src, file), 'utf8')).not.toMatch(/Date\.now\(\)|new Date\(\)/)
  })
})

/** Every start waits for what is loaded before the server listens. */
describe('a start', () => {
  const loaded = [...loadedBefore('main.ts', 'commands/serve.ts')]

  it('waits for no package but that of the store', () => {
    const packages = loaded.filter((name) => !name.endsWith('.ts') && !name.startsWith('node:'))
    expect(packages).toEqual(['better-sqlite3'])
  })

  it('opens no door, and has only what is answered before one', () => {
    const doors = loaded.filter((file) => ['ecr', 'sts', 'distribution', 'operator'].includes(roomOf(file)))
    expect(doors.sort()).toEqual([
      'distribution/headers.ts',
      'distribution/repeated-answers.ts',
      'operator/health.ts',
    ])
  })
})
