#!/bin/sh
# umbrella.sh FOLDER... - prints eddy.h, which includes the headers of these folders, chapter by chapter. It
# lies beside the folder eddy/ with them: installed, or in a build folder (make try-NN). The environment
# has VERSION.
echo "/* eddy $VERSION - an asyncio in C. Made by \`make\`; chapter by chapter. */"
printf '#ifndef EDDY_H\n#define EDDY_H\n'
for folder; do
    printf '\n/* %s */\n' "${folder#lib/}"
    for header in "$folder"/*.h; do printf '#include "eddy/%s"\n' "${header##*/}"; done
done
printf '\n#endif\n'
