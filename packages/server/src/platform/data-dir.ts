import { StartError } from '../env'

const refusals = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'EISDIR']

/** The sentence for an error of the file system below the data directory; any other error as it is. */
export function explainDataDirError(error: unknown, dataDir: string): unknown {
  if (error instanceof StartError || !(error instanceof Error)) return error
  const { code = '', path = dataDir } = error as NodeJS.ErrnoException
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new StartError(`The disk that holds ${dataDir} is full: free some space and start again.`, { cause: error })
  if (!refusals.includes(code)) return error
  return new StartError(
    `${path} in the data directory ${dataDir} cannot be written: give this user the right to it or set KEYLEASE_DATA_DIR.`,
    { cause: error },
  )
}
