import { caFile, ownDirectory, PASSWORD, type Tool, trustedCa, trustFlag } from './settings.ts'

/** ORAS, which keeps no settings of registries, and can be told where a name leads. */
export const oras: Tool = {
  directory: (user) => ownDirectory(user, 'oras'),
  settings(target) {
    const { directory, url, realHost } = target
    const isPlain = url.protocol === 'http:'
    // Without it, ORAS speaks plain HTTP to localhost, whatever CA it is given.
    const trust = `${isPlain ? '' : ' --plain-http=false'}${trustFlag(target)}`
    const address = url.hostname === 'localhost' ? '127.0.0.1' : url.hostname
    const resolve = `--resolve ${realHost}:${isPlain ? 80 : 443}:${address}:${url.port || (isPlain ? 80 : 443)}`
    return {
      files: caFile(`${directory}/ca.pem`, trustedCa(target)),
      steps: `${PASSWORD} | oras login -u AWS --password-stdin ${url.host}${trust}
oras push${trust} ${url.host}/NAME:TAG FILE
The real name can be told where it leads:
${PASSWORD} | oras login -u AWS --password-stdin ${realHost}${trust} ${resolve}
oras pull${trust} ${resolve} ${realHost}/NAME:TAG`,
    }
  },
}
