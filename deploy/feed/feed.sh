#!/bin/sh
# Plays the feeder on the Redis of REDIS_URL with made-up posts: some tens of updates a second, the first ids more often than the last.
set -eu

ids='1F602 2764 1F60D 2665 1F62D 1F60A 1F612 1F495 1F618 1F629 1F44C 1F60F 1F44D 1F525 1F64F 1F1EA-1F1F8'
update="$(dirname "$0")/update.lua"

awk -v ids="$ids" 'BEGIN {
  srand()
  count = split(ids, id, " ")
  for (serial = 1; ; serial++) print serial, id[1 + int(count * rand() * rand())]
}' | while read -r serial id; do
  post="{\"id\":\"$serial\",\"text\":\"post $serial\",\"screen_name\":\"feed\",\"name\":\"Feed\",\"links\":[],\"profile_image_url\":null}"
  redis-cli -u "$REDIS_URL" --eval "$update" emojitrack_score "emojitrack_tweets_$id" , "$id" "$post" > /dev/null || sleep 1
  sleep 0.02
done
