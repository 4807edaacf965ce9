# SPDX-License-Identifier: Apache-2.0
import asyncio


async def job():
    raise RuntimeError("job failed")


async def main():
    task = asyncio.create_task(job())
    await asyncio.sleep(0.01)
    del task


asyncio.run(main())
