/**
 * Takes AWS's published test cases of Signature V4 from the crate `aws-sigv4` (needs cargo) and writes them as
 * they are to `test/golden/signature-v4.json`.
 *
 *     npm run update-signatures                          the newest crate
 *     npx tsx scripts/update-signatures.ts 1.6.4         that version
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const GOLDEN = new URL('../test/golden/signature-v4.json', import.meta.url)
const SUITE = 'aws-signing-test-suite/v4'

/**
 * The cases of an older form of the suite come without a context. The first is signed by what the crate's
 * `Credentials::for_tests` says, the second by the key of all others: their published signatures are matched by
 * no other secret.
 */
const OLDER_CONTEXTS: Readonly<Record<string, object>> = {
  'double-encode-path': {
    credentials: { access_key_id: 'ANOTREAL', secret_access_key: 'notrealrnrELgWzOk3IfjzDKtFBhDby' },
    normalize: true,
    region: 'us-east-1',
    service: 'service',
    timestamp: '2015-08-30T12:36:00Z',
  },
  'double-url-encode': {
    credentials: {
      access_key_id: 'AKIDEXAMPLE',
      secret_access_key: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
    },
    normalize: true,
    region: 'us-east-2',
    service: 'lambda',
    timestamp: '2021-05-11T15:40:45Z',
  },
}

interface Package {
  readonly name: string
  readonly version: string
  readonly license: string
  readonly repository: string
  readonly manifest_path: string
}

/** Has cargo fetch the crate, as a dependency of one that is empty. */
function fetchCrate(folder: string, requirement: string): Package {
  writeFileSync(join(folder, 'lib.rs'), '')
  writeFileSync(
    join(folder, 'Cargo.toml'),
    `[package]
name = "vectors"
version = "0.0.0"
edition = "2021"

[lib]
path = "lib.rs"

[dependencies]
aws-sigv4 = { version = "${requirement}", default-features = false }
`,
  )
  const metadata = execFileSync('cargo', ['metadata', '--quiet', '--format-version', '1'], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const { packages } = JSON.parse(metadata) as { packages: Package[] }
  const found = packages.find(({ name }) => name === 'aws-sigv4')
  if (!found) throw new Error('cargo delivered no aws-sigv4')
  return found
}

function readVector(folder: string, name: string): object {
  const read = (file: string) => {
    const path = join(folder, name, file)
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined
  }
  const published = read('context.json')
  const context = published ? JSON.parse(published) : OLDER_CONTEXTS[name]
  const header = read('header-signed-request.txt')
  if (!context || !header) throw new Error(`${name} has no context, or nothing signed`)
  return { name, context, header, query: read('query-signed-request.txt') }
}

function updateSignatures(requested: string | undefined): void {
  const folder = mkdtempSync(join(tmpdir(), 'update-signatures-'))
  try {
    const crate = fetchCrate(folder, requested ? `=${requested}` : '*')
    const suite = join(dirname(crate.manifest_path), SUITE)
    const vectors = readdirSync(suite)
      .sort()
      .map((name) => readVector(suite, name))
    const { name, version, license, repository } = crate
    const golden = {
      source: {
        package: name,
        version,
        folder: SUITE,
        repository,
        licence: license,
        copyright: 'Amazon.com, Inc. or its affiliates',
      },
      vectors,
    }
    writeFileSync(GOLDEN, `${JSON.stringify(golden, null, 2)}\n`)
    console.log(`signature-v4.json: ${name} ${version}, ${vectors.length} vectors`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

updateSignatures(process.argv[2])
