package main

import (
	"errors"
	"os"

	"github.com/rs/zerolog"
)

func main() {
	log := zerolog.New(os.Stderr).With().Timestamp().Logger()
	log.Info().Str("address", ":8080").Msg("listening")
	log.Error().Err(errors.New("pq: column \"email\" does not exist")).Int("order", 41).Msg("charge failed")
	log.Info().Msg("still here")
}
