-- One hit, as the feeder performs it: score, list and both messages change together or not at all.
-- KEYS: emojitrack_score, emojitrack_tweets_<id>. ARGV: id, post as JSON.
redis.call('ZINCRBY', KEYS[1], 1, ARGV[1])
redis.call('PUBLISH', 'stream.score_updates', ARGV[1])
redis.call('LPUSH', KEYS[2], ARGV[2])
redis.call('LTRIM', KEYS[2], 0, 9)
redis.call('PUBLISH', 'stream.tweet_updates.' .. ARGV[1], ARGV[2])
